//! A campaign is sent, watched and stopped; what ends a sending on its way, and the AppSecret.

use std::io::BufRead as _;

use crate::console::Console;
use crate::support::{Platform, SECRET, World, finish, kill};

#[test]
fn a_campaign_is_sent_by_typing_the_number_of_people() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let page = console.get(&format!("{campaign}/send")).page();
    // What the prompt of `send` says.
    assert!(page.contains("3 people will get this message") && page.contains("counts for nothing"), "{page}");
    assert!(page.contains("Hello Name 0"), "the phone stands beside it");
    for wrong in ["", "4", "all"] {
        let answer = console.send(&campaign, wrong);
        assert!(answer.status == 409 && answer.text().contains("the number you typed is not 3"), "{wrong}");
    }
    // The list has changed since somebody read the page.
    world.recipients(4);
    let answer = console.submit(&page, &format!("{campaign}/send"), &[("people", "3")]);
    assert!(
        answer.status == 409 && answer.text().contains("Then it was 3 people, now it is 4"),
        "{}",
        answer.text()
    );
    assert_eq!(platform.ledger().totals().requests, 0);
    let answer = console.send(&campaign, " ４ ");
    assert_eq!((answer.status, answer.leads_to()), (303, &*format!("{campaign}/running")));
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().totals().accepted, 4);
    assert_eq!(world.status().counts(), "4 sent");
    let page = console.get(&format!("{campaign}/send")).page();
    assert!(page.contains("Nobody is left"), "{page}");
    let page = console.get(&format!("{campaign}/results?status=sent")).page();
    assert!(page.contains("Name 3") && page.contains("Download for Excel"), "{page}");
}

#[test]
fn a_send_that_runs_already_is_shown_and_can_be_stopped() {
    let world = World::with_recipients(300);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"20ms\"");
    let sender = world.start_send(&platform);
    platform.wait_for_requests(3);
    let console = Console::at(&world, &platform);
    assert!(console.get("/").page().contains("Being sent now"));
    let campaign = console.campaign();
    let running = format!("{campaign}/running");
    assert_eq!(console.get(&format!("{campaign}/send")).leads_to(), running);
    let page = console.get(&running).page();
    assert!(page.contains("of 300 people"), "{page}");
    // What is told of it once a second.
    let mut events = console.connect(&format!("GET {campaign}/events HTTP/1.1\r\n{}", console.own()), "");
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert!(events.read_line(&mut line).expect("an event") > 0, "the events have ended");
    }
    let told: serde_json::Value = serde_json::from_str(line.trim_start_matches("data: ")).expect("JSON");
    assert!(told["sent"].as_u64().is_some_and(|sent| sent > 0 && sent < 300), "{told}");
    assert_eq!(console.submit(&page, &format!("{campaign}/stop"), &[]).leads_to(), running);
    let ran = finish(sender).exits(7);
    let received = platform.ledger().totals().accepted;
    assert_eq!(ran.counts(), format!("{received} sent, {} unsent", 300 - received));
    console.wait(&campaign, &format!("Go on with {}", 300 - received));
}

#[test]
fn whoever_presses_the_button_twice_is_led_to_the_sending() {
    let world = World::with_recipients(200);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let (send, running) = (format!("{campaign}/send"), format!("{campaign}/running"));
    let page = console.get(&send).page();
    std::thread::scope(|scope| {
        let click = || console.submit(&page, &send, &[("people", "200")]);
        let clicks: Vec<_> = (0..8).map(|_| scope.spawn(click)).collect();
        for click in clicks {
            let answer = click.join().expect("an answer");
            assert_eq!((answer.status, answer.leads_to()), (303, &*running), "{}", answer.text());
        }
    });
    assert_eq!(console.submit(&page, &send, &[("people", "200")]).leads_to(), running);
    platform.wait_until(|ledger| ledger.totals().accepted == 200);
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().totals().requests, 200, "nobody twice");
}

#[test]
fn a_form_whose_campaign_is_being_sent_from_a_terminal_leads_to_that_sending() {
    let world = World::with_recipients(200);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let page = console.get(&format!("{campaign}/send")).page();
    let sender = world.start_send(&platform);
    platform.wait_for_requests(1);
    let answer = console.submit(&page, &format!("{campaign}/send"), &[("people", "200")]);
    assert_eq!(answer.leads_to(), format!("{campaign}/running"));
    let running = console.get(&format!("{campaign}/running")).page();
    assert!(running.contains("of 200 people"), "{running}");
    finish(sender).exits(0);
    assert_eq!(platform.ledger().totals().requests, 200, "nobody twice");
}

#[cfg(unix)]
#[test]
fn killing_the_console_leaves_the_sending_alone() {
    let world = World::with_recipients(40);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let mut console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "40").status, 303);
    platform.wait_for_requests(2);
    // Everything in the console's group of processes, as a terminal that closes does it.
    let process = console.process.take().expect("a process");
    kill(process);
    platform.wait_until(|ledger| ledger.totals().accepted == 40);
    let console = Console::at(&world, &platform);
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().openids().len(), 40, "nobody twice");
}

#[test]
fn a_sending_that_fails_says_why_in_words() {
    let world = World::with_recipients(3);
    let platform = Platform::new("[account]\ncode = 48001");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "3").status, 303);
    let page = console.wait(&format!("{campaign}/send"), "The last attempt did not send to everybody");
    assert!(page.contains("48001"), "{page}");
}

#[test]
fn the_app_secret_is_asked_for_once_and_written_nowhere() {
    let world = World::with_recipients(2);
    let platform = Platform::new("");
    let mut command = world.command_at(&platform, &["console", ".", "--no-open"]);
    command.env_remove("WXCAST_APPSECRET");
    let console = Console::of(command);
    let campaign = console.campaign();
    let page = console.get(&format!("{campaign}/send")).page();
    assert!(page.contains("type=\"password\""), "{page}");
    let answer = console.send(&campaign, "2");
    assert!(answer.status == 409 && answer.text().contains("without the AppSecret"), "{}", answer.text());
    let answer = console.submit(&page, &format!("{campaign}/send"), &[("people", "2"), ("secret", SECRET)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().totals().accepted, 2);
    world.recipients(3);
    let page = console.get(&format!("{campaign}/send")).page();
    assert!(page.contains("name=\"people\"") && !page.contains("type=\"password\""), "{page}");
    for folder in [world.dir(), world.home()] {
        crate::support::walk(folder, &mut |path, bytes| {
            assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{}", path.display());
        });
    }
}

#[test]
fn an_app_secret_that_did_not_open_the_account_is_asked_for_again() {
    let world = World::with_recipients(2);
    let platform = Platform::new("[[answers]]\non = \"token\"\ncode = 40125\nto = 1");
    let mut command = world.command_at(&platform, &["console", ".", "--no-open"]);
    command.env_remove("WXCAST_APPSECRET");
    let console = Console::of(command);
    let send = format!("{}/send", console.campaign());
    let typed = |secret: &str| {
        let page = console.get(&send).page();
        console.submit(&page, &send, &[("people", "2"), ("secret", secret)])
    };
    assert_eq!(typed(&"0".repeat(32)).status, 303);
    let page = console.wait(&send, "it has been forgotten");
    assert!(page.contains("40125") && page.contains("type=\"password\""), "{page}");
    let answer = console.send(&console.campaign(), "2");
    assert!(answer.status == 409 && answer.text().contains("without the AppSecret"), "{}", answer.text());
    assert_eq!(typed(SECRET).status, 303);
    console.wait(&console.campaign(), "Done");
    assert_eq!(platform.ledger().totals().accepted, 2);
}

#[cfg(unix)]
#[test]
fn a_sending_that_is_killed_loses_nothing_and_the_page_says_so() {
    let world = World::with_recipients(40);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "40").status, 303);
    platform.wait_for_requests(3);
    // The lock of the account names the process that sends.
    let holder = std::fs::read(world.state_file("spring.campaign.lock.json")).expect("a holder");
    let holder: serde_json::Value = serde_json::from_slice(&holder).expect("JSON");
    let pid = holder["pid"].as_u64().expect("a process").to_string();
    let killed = std::process::Command::new("kill").args(["-KILL", &pid]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    let page = console.wait(&format!("{campaign}/send"), "ended from outside");
    assert!(page.contains("name=\"people\""), "{page}");
    // Whoever watched it is led to what became of the people.
    let answer = console.get(&format!("{campaign}/running"));
    assert_eq!(answer.leads_to(), format!("{campaign}/results"));
    let page = console.get(&format!("{campaign}/results")).page();
    assert!(page.contains("ended from outside"), "{page}");
    // What was on its way is unknown and held; the others are still to be sent.
    let counts = world.status().json()["counts"].clone();
    let count = |status: &str| counts[status].as_u64().expect("a count");
    assert!(count("unknown") <= 1 && count("sent") + count("unknown") + count("unsent") == 40, "{counts}");
}

#[test]
fn a_run_that_stopped_by_itself_says_why_everywhere_and_going_on_is_not_the_next_thing() {
    let world = World::with_recipients(300);
    let platform = Platform::new("[[answers]]\ncode = 45015\nshare = \"60%\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "300").status, 303);
    console.wait("/", "Stopped by itself");
    let (_, rest) = console
        .get("/")
        .page()
        .split_once("Stopped by itself")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a standing");
    assert!(!rest.contains("Still to send"), "{rest}");
    for screen in ["", "/results"] {
        let page = console.get(&format!("{campaign}{screen}")).page();
        assert!(
            page.contains("role=\"alert\"") && page.to_lowercase().contains("refused"),
            "{screen}: {page}"
        );
    }
    let page = console.get(&campaign).page();
    let next =
        page.split_once("id=\"next\"").expect("what is next").1.split_once("</section>").expect("an end").0;
    assert!(next.contains("/results") && !next.contains("/send"), "{next}");
}

#[test]
fn a_second_sending_that_was_refused_says_nothing_once_the_first_has_ended() {
    let world = World::with_recipients(60);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"20ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let page = console.get(&format!("{campaign}/send")).page();
    let mut terminal = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--progress", "none"]);
    let mut terminal = terminal.stderr(std::process::Stdio::null()).spawn().expect("the binary starts");
    let _ = console.submit(&page, &format!("{campaign}/send"), &[("people", "60")]);
    assert!(terminal.wait().is_ok_and(|ended| ended.success()));
    let page = console.wait(&format!("{campaign}/send"), "60 people have got the message");
    assert!(!page.contains("did not send to everybody"), "{page}");
    assert_eq!(platform.ledger().totals().accepted, 60);
}

#[test]
fn what_changed_between_reading_and_sending_is_named() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let send = format!("{}/send", console.campaign());
    let page = console.get(&send).page();
    world.edit("audience.csv", "Name 1", "Somebody");
    let answer = console.submit(&page, &send, &[("people", "3")]);
    let text = answer.text();
    assert!(answer.status == 409 && text.contains("has changed in: audience.csv."), "{text}");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[cfg(unix)]
#[test]
fn a_sending_whose_folder_is_gone_is_shown_and_can_be_stopped() {
    let world = World::with_recipients(200);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    std::fs::create_dir(world.path("sale")).expect("a folder");
    for file in ["campaign.toml", "audience.csv"] {
        std::fs::rename(world.path(file), world.path("sale").join(file)).expect("a moved file");
    }
    let platform = Platform::new("latency = \"20ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "200").status, 303);
    platform.wait_for_requests(2);
    std::fs::remove_dir_all(world.path("sale")).expect("a deleted folder");
    let answer = console.get(&format!("{campaign}/running"));
    assert!(answer.status == 404 && answer.text().contains("There is no such page"), "{}", answer.text());
    let page = console.get("/").page();
    assert!(page.contains("It is still being sent"), "{page}");
    let path = campaign.replace("/campaign/", "/lost/");
    assert_eq!(console.post(&path, &[("seal", "")]).status, 403);
    assert_eq!(console.submit(&page, &path, &[]).leads_to(), "/");
    console.wait("/", "There is no campaign in this folder yet");
    let until = std::time::Instant::now() + crate::support::PATIENCE;
    while console.get("/").page().contains("It is still being sent") {
        assert!(std::time::Instant::now() < until, "it goes on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(platform.ledger().totals().accepted < 200);
}
