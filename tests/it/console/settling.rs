//! What became of a campaign: results, runs, and the unknown ones.

use crate::console::Console;
use crate::support::{Platform, World, openid};

#[test]
fn results_say_who_got_it_and_who_not_and_can_be_saved_for_excel() {
    let world = World::with_recipients(120);
    let platform = Platform::new("[[answers]]\ncode = 45015\nfrom = 101\nto = 110");
    world.send(&platform).exits(5);
    let console = Console::at(&world, &platform);
    let results = format!("{}/results", console.campaign());
    let first = console.get(&format!("{results}?status=sent")).page();
    assert!(
        first.contains(">Name 0<") && first.contains(">Name 49<") && !first.contains(">Name 50<"),
        "{first}"
    );
    let page = console.get(&format!("{results}?status=sent&page=3")).page();
    assert!(page.contains("rel=\"prev\"") && !page.contains("rel=\"next\""), "{page}");
    let page = console.get(&format!("{results}?status=refused")).page();
    assert!(page.contains(">45015") && page.matches("<td class=\"bad\">").count() == 10, "{page}");
    let answer = console.get(&format!("{results}.xlsx"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        answer.head.contains("content-disposition: attachment; filename=\"campaign.results.xlsx\""),
        "{}",
        answer.head
    );
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(answer.body)).expect("a workbook");
    let sheets = calamine::Reader::worksheets(&mut book);
    let people = sheets.iter().find(|(name, _)| name == "Results").expect("the sheet of the people");
    assert_eq!(people.1.rows().count(), 121, "and the names of the columns");
}

#[test]
fn unknown_ones_are_settled_one_by_one_or_all_at_once() {
    let world = World::with_recipients(10);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nfrom = 8");
    world.send(&platform).exits(6);
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert!(console.get(&campaign).page().contains("Settle 3"));
    let page = console.get(&format!("{campaign}/results")).page();
    assert!(page.contains(">Name 7<") && page.contains("whether 3 messages arrived"), "{page}");
    assert!(!page.contains(&openid(7)), "openids are masked");
    // The first form is that of all; the one of the first person follows.
    let (_, of_people) = page.split_once("<tbody>").expect("reasons");
    let (_, of_people) = of_people.split_once("<tbody>").expect("people");
    let resolve = format!("{campaign}/resolve");
    assert_eq!(console.submit(of_people, &resolve, &[("verdict", "sent")]).status, 303);
    assert_eq!(world.status().counts(), "8 sent, 2 unknown");
    let page = console.get(&format!("{campaign}/results")).page();
    // It cannot be taken back, so the number is asked for.
    for people in ["", "3", "1"] {
        let answer = console.submit(&page, &resolve, &[("verdict", "not-sent"), ("people", people)]);
        assert!(answer.status == 409 && answer.text().contains("the number you typed"), "{}", answer.text());
        assert_eq!(world.status().counts(), "8 sent, 2 unknown");
    }
    let answer = console.submit(&page, &resolve, &[("verdict", "not-sent"), ("people", "2")]);
    assert_eq!(answer.status, 303);
    assert_eq!(world.status().counts(), "8 sent, 2 unsent");
}

#[test]
fn one_that_was_sent_once_more_since_is_not_settled_by_an_old_page() {
    let world = World::with_recipients(3);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nfrom = 3");
    world.send(&platform).exits(6);
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let (results, resolve) = (format!("{campaign}/results"), format!("{campaign}/resolve"));
    let page = console.get(&results).page();
    let (_, of_people) = page.split_once("<tbody>").expect("reasons");
    let (_, old) = of_people.split_once("<tbody>").expect("people");
    // It is settled elsewhere, sent again, and nobody knows once more.
    world.run(&["resolve", "campaign.toml", "--not-sent", "--all", "--yes"]).exits(0);
    world.send(&platform).exits(6);
    let before = world.status().counts();
    for verdict in ["sent", "not-sent"] {
        let answer = console.submit(old, &resolve, &[("verdict", verdict)]);
        assert!(answer.status == 409 && answer.text().contains("This settled nothing"), "{}", answer.text());
        assert_eq!(world.status().counts(), before, "{verdict}");
    }
}

#[test]
fn all_that_are_unknown_are_those_whom_the_page_showed() {
    let world = World::with_recipients(12);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    let faults: String = [(3, 4), (9, 10)]
        .map(|(from, to)| format!("[[faults]]\nkind = \"reset-after\"\nfrom = {from}\nto = {to}\n"))
        .concat();
    let platform = Platform::new(&faults);
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "6"]).exits(7);
    let before = world.status().counts();
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let (results, resolve) = (format!("{campaign}/results"), format!("{campaign}/resolve"));
    let old = console.get(&results).page();
    // Those of the page are settled elsewhere, and as many others become unknown.
    world.run(&["resolve", "campaign.toml", "--sent", "--all", "--yes"]).exits(0);
    let answer = console.submit(&old, &resolve, &[("verdict", "not-sent")]);
    assert!(answer.status == 409 && answer.text().contains("This settled nothing"), "{}", answer.text());
    assert!(!world.status().counts().contains("unknown"), "what was settled stays as it was said");
    world.send(&platform).exits(6);
    let after = world.status().counts();
    let unknown = |counts: &str| counts.split(", ").find(|part| part.ends_with("unknown")).map(str::to_owned);
    assert_eq!(unknown(&before), unknown(&after), "the number alone tells nothing: {before}; {after}");
    for verdict in ["sent", "not-sent"] {
        let answer = console.submit(&old, &resolve, &[("verdict", verdict)]);
        assert!(answer.status == 409 && answer.text().contains("This settled nothing"), "{}", answer.text());
        assert_eq!(world.status().counts(), after, "{verdict}");
    }
    // The page that says so shows whom it is about now.
    let page = console.submit(&old, &resolve, &[("verdict", "sent")]).text();
    let answer = console.submit(&page, &resolve, &[("verdict", "sent"), ("people", "2")]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(!world.status().counts().contains("unknown"));
}

#[test]
fn the_runs_so_far_are_told() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let runs = format!("{}/runs", console.campaign());
    assert!(console.get(&runs).page().contains("Never sent"));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "1"]).exits(7);
    world.send(&platform).exits(0);
    let page = console.get(&runs).page();
    let (of_runs, of_account) = page.split_once("id=\"beside\"").expect("what the account sent");
    assert_eq!(of_runs.matches("<th scope=\"row\" class=\"time\">").count(), 2, "{page}");
    let cells = |numbers: &[u64]| -> String {
        numbers.iter().map(|number| format!("<td class=\"number\">{number}</td>")).collect()
    };
    // Sent, refused, failed, unknown, skipped, unsent, and the requests of each run beside the other's.
    assert!(of_runs.contains(&cells(&[3, 0, 0, 0, 0, 0, 2])), "{page}");
    assert!(of_runs.contains(&cells(&[1, 0, 0, 0, 0, 2, 1])), "{page}");
    assert!(of_account.contains("spring") && of_account.contains("100 %"), "{page}");
}

#[test]
fn who_was_skipped_is_told_with_the_reason() {
    let world = World::with_recipients(3);
    let twice = format!("{}{},Again\n", world.read("audience.csv"), openid(1));
    world.file("audience.csv", twice);
    let platform = Platform::new("");
    world.send(&platform).exits(0);
    let console = Console::at(&world, &platform);
    let page = console.get(&format!("{}/results?status=skipped", console.campaign())).page();
    assert!(page.contains(">Again<") && page.matches("duplicate").count() >= 2, "{page}");
}
