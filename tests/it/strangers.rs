//! Campaigns of strangers in CI: what they can bring into a log, and what they can make a computer do.

use std::time::Instant;

use crate::support::{Ran, World};

const OPENID: &str = "oABCDEFGHIJKLMNOPQRSTUVWX100";
const OTHER: &str = "oZYXWVUTSRQPONMLKJIHGFEDC200";

fn ci(world: &World, args: &[&str]) -> Ran {
    let mut command = world.command(args);
    Ran::of(command.env("CI", "true").output().expect("the binary runs"))
}

fn shows_nobody(ran: &Ran, what: &str) {
    let all = format!("{}{}", ran.stdout, ran.stderr).to_lowercase();
    for openid in [OPENID, OTHER] {
        assert!(!all.contains(&openid[..20].to_lowercase()), "{what}: {all}");
    }
}

const FORMATS: [&str; 6] = ["github", "gitlab", "junit", "markdown", "sarif", "json"];

#[test]
fn an_openid_is_masked_in_whatever_column_it_stands_and_whatever_a_helper_made_of_it() {
    let world = World::new();
    world.file("audience.csv", format!("openid,code,name\n{OPENID},{OTHER},x\n{OTHER},abc12,y\n"));
    let rule = "[audience.columns.openid]\npattern = '^z$'\n";
    // The stranger calls another column the openid, so that the real one is any column.
    world.text_campaign("{{[openid]}} {{code}}", "");
    world.edit("campaign.toml", "[audience]\n", "[audience]\nopenid = \"code\"\n");
    for more in ["", rule] {
        world.file("campaign.toml", world.read("campaign.toml") + "\n" + more);
        for format in FORMATS {
            shows_nobody(&ci(&world, &["plan", "campaign.toml", "--format", format]), format);
        }
        shows_nobody(&ci(&world, &["plan", "campaign.toml"]), "human");
        shows_nobody(&ci(&world, &["preview", "campaign.toml", "--all"]), "preview");
    }
    for content in ["{{upper openid}} {{code}}", "{{truncate openid 24}}", "line\\n{{code}}"] {
        let world = World::new();
        world.file("audience.csv", format!("openid,code,name\n{OPENID},{OTHER},x\n"));
        world.text_campaign(content, "");
        for format in FORMATS {
            shows_nobody(&ci(&world, &["plan", "campaign.toml", "--format", format]).exits(0), content);
        }
        shows_nobody(&ci(&world, &["preview", "campaign.toml"]).exits(0), content);
    }
}

#[test]
fn a_row_that_is_taken_for_the_header_shows_nobody() {
    let world = World::with_recipients(1);
    world.file("audience.csv", format!("{OPENID},张三\n{OTHER},李四\n"));
    for args in [["plan"], ["rehearse"], ["status"], ["results"], ["preview"]] {
        let ran = ci(&world, &[args[0], "campaign.toml"]);
        shows_nobody(&ran, args[0]);
    }
}

#[test]
fn what_sends_to_nobody_reads_nothing_outside_of_the_repository_in_ci() {
    let world = World::with_recipients(1);
    world.file(".git/HEAD", "ref: refs/heads/main\n");
    world.file(".git/config", "[http]\n[x]\nextraheader = AUTHORIZATION: basic c2VjcmV0\n");
    world.edit("campaign.toml", "file = \"audience.csv\"", "file = \".git/config\"\nheader_row = 3");
    for command in ["plan", "preview", "rehearse", "status", "results"] {
        let ran = ci(&world, &[command, "campaign.toml"]);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!all.contains("AUTHORIZATION"), "{command}: {all}");
        if command != "status" && command != "results" {
            ran.exits(3).says("outside-sandbox");
        }
    }
}

#[test]
fn a_file_of_thousands_of_unknown_keys_is_told_at_once() {
    let world = World::with_recipients(1);
    let keys: String = (0..20_000).map(|key| format!("k{key}=1\n")).collect();
    world.file("campaign.toml", format!("{keys}\n{}", world.read("campaign.toml")));
    let begun = Instant::now();
    ci(&world, &["plan", "campaign.toml"]).exits(3).says("unknown-key");
    // The file was parsed again for each fault. The machine of a test may be busy.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn an_openid_that_comes_from_a_joined_file_is_masked_too() {
    let world = World::with_recipients(0);
    world.file("audience.csv", format!("openid,name\n{OPENID},x\n"));
    world.file("friends.csv", format!("openid,friend\n{OPENID},{OTHER}\n"));
    let join = "[[audience.join]]\nfile = \"friends.csv\"\non = \"openid\"\n";
    world.text_campaign("x{{friend}} {{upper friend}}", join);
    for format in FORMATS {
        shows_nobody(&ci(&world, &["plan", "campaign.toml", "--format", format]).exits(0), format);
    }
    let shown = ci(&world, &["preview", "campaign.toml"]).exits(0);
    shows_nobody(&shown, "preview");
    assert!(shown.stdout.contains("xoZY***C200"), "{shown:?}");
}

/// A link that leads in and out in turn while plans are made: whatever was looked at, what is read is inside.
#[cfg(target_os = "linux")]
#[test]
fn a_link_that_is_swapped_while_a_plan_is_made_leads_nowhere_else() {
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    let world = World::with_recipients(1);
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.csv");
    std::fs::write(&secret, "TOPSECRET\nx\n").expect("a file");
    world.file("inside.csv", "name\nx\n");
    world.edit("campaign.toml", "file = \"audience.csv\"", "file = \"link.csv\"");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (link, next) = (world.path("link.csv"), world.path("next.csv"));
            let targets = [world.path("inside.csv"), secret.clone()];
            for target in targets.iter().cycle() {
                symlink(target, &next).expect("a link");
                std::fs::rename(&next, &link).expect("a link");
                if done.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        let mut opened = 0;
        for _ in 0..40 {
            let ran = ci(&world, &["plan", "campaign.toml"]).exits(3);
            let all = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!all.contains("TOPSECRET"), "{all}");
            opened += usize::from(!all.contains("outside-sandbox"));
        }
        done.store(true, Ordering::Relaxed);
        assert!(opened > 0, "the link led inside at times");
    });
}

#[test]
fn thousands_of_misspelled_names_of_thousands_of_columns_are_told_at_once() {
    let world = World::new();
    let columns: String = (0..16_000).map(|column| format!(",column{column:05}")).collect();
    world.file("audience.csv", format!("openid{columns}\n{OPENID}{}\n", ",x".repeat(16_000)));
    world.text_campaign(&(0..500).map(|name| format!("{{{{colum{name:04}}}}}")).collect::<String>(), "");
    let begun = Instant::now();
    let ran = ci(&world, &["plan", "campaign.toml"]).exits(3).says("did you mean `column00000`");
    // It took minutes. The machine of a test may be busy.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert!(ran.stderr.len() < 100_000, "{} bytes", ran.stderr.len());
}

#[test]
fn a_campaign_file_of_many_megabytes_is_refused_unread() {
    let world = World::with_recipients(1);
    world.text_campaign(&"x".repeat(9 << 20), "");
    ci(&world, &["plan", "campaign.toml"]).exits(3).says("campaign-too-large").says("2 MiB");
}
