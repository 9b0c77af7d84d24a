//! A kill at any moment: nobody twice, nobody lost, few unknown.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wxcast::delivery::outcome::Status;

use crate::support::{Platform, World, finish, kill};

/// Holds the journal against what the platform received: nobody was accepted twice, `sent` is accepted, and what
/// is neither `sent` nor `unknown` is not.
#[track_caller]
pub fn assert_equal(journal: &BTreeMap<(String, u32), Status>, platform: &Platform, seed: u64) {
    let ledger = platform.ledger();
    assert_eq!(ledger.duplicates(), [""; 0], "seed {seed}");
    for ((openid, _), status) in journal {
        let accepted = ledger.accepted(openid);
        let right = match status {
            Status::Sent => accepted == 1,
            Status::Unknown => accepted <= 1,
            Status::Refused | Status::Failed | Status::Skipped | Status::Unsent => accepted == 0,
        };
        assert!(right, "seed {seed}: {openid} is {} and was accepted {accepted} times", status.name());
    }
    for openid in ledger.openids() {
        assert!(journal.contains_key(&(openid.clone(), 1)), "seed {seed}: {openid} has no intent");
    }
}

pub fn count(journal: &BTreeMap<(String, u32), Status>, status: Status) -> u64 {
    journal.values().filter(|found| **found == status).count() as u64
}

/// Some seconds: it is the size that the program promises to hold out at.
#[test]
fn twenty_thousand_with_errors_on_the_way_survive_three_kills() {
    const ROWS: u64 = 20_000;
    const IN_FLIGHT: u64 = 16;
    let (world, platform) = (
        World::with_recipients(20_000),
        Platform::new(
            "seed = 3\n[[answers]]\ncode = 45015\nshare = \"1%\"\n[[answers]]\ncode = 45047\nshare = \"1%\"\n\
         [[answers]]\ncode = -1\nshare = \"1%\"\ntimes = 1",
        ),
    );
    // So high a rate that even the slowest pace after a busy platform is no brake.
    world.edit("campaign.toml", "100000/s", "1000000/s");
    for death in 1..=3 {
        let child = world.start_send(&platform);
        platform.wait_for_requests(death * 5_000);
        kill(child);
        let status = world.status();
        let counts = status.json()["counts"].clone();
        let total: u64 =
            counts.as_object().expect("counts").values().filter_map(|count| count.as_u64()).sum();
        assert_eq!(total, ROWS, "{counts}");
        assert!(counts["unknown"].as_u64() <= Some(death * IN_FLIGHT), "{counts}");
    }
    let ran = world.send(&platform);
    assert!([5, 6].contains(&ran.code), "{ran:?}");
    let journal = world.journal();
    assert_equal(&journal, &platform, 3);
    let counts = ran.json()["counts"].clone();
    for status in Status::ALL {
        assert_eq!(counts[status.name()], count(&journal, status), "{counts}");
    }
    assert_eq!((counts["unsent"].as_u64(), counts["failed"].as_u64()), (Some(0), Some(0)), "{counts}");
    let (sent, refused) = (count(&journal, Status::Sent), count(&journal, Status::Refused));
    let unknown = count(&journal, Status::Unknown);
    assert_eq!(sent + refused + unknown, ROWS);
    assert!(unknown <= 3 * IN_FLIGHT, "{unknown} unknown");
    assert!((300..500).contains(&refused), "{refused} refused");
    let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
    for row in world.results() {
        *statuses.entry(row.get(2).expect("a status").to_owned()).or_default() += 1;
    }
    assert_eq!(statuses.values().sum::<u64>(), ROWS);
    assert_eq!((statuses["sent"], statuses["refused"]), (sent, refused));
}

/// One campaign, killed again and again at random moments until a send comes to its end. Gives the kills.
fn kill_until_done(seed: u64) -> u64 {
    const ROWS: usize = 150;
    const IN_FLIGHT: u64 = 8;
    let mut dice = fastrand::Rng::with_seed(seed);
    let world = World::with_recipients(ROWS);
    world.text_campaign(
        "Hello {{name}}",
        "concurrency = 8\nretries = 0\n[send.stop]\nmax_refused = \"100%\"\nmax_unknown = 0",
    );
    let platform = Platform::new(&format!(
        "seed = {seed}\nlatency = {{ min = \"0ms\", max = \"8ms\" }}\n[[answers]]\ncode = 45015\nshare = \"5%\"\n\
         [[answers]]\ncode = -1\nshare = \"5%\"\ntimes = 1\n[[faults]]\nkind = \"reset-after\"\nshare = \"3%\"\ntimes = 1",
    ));
    let mut kills = 0;
    loop {
        let mut child = world.start_send(&platform);
        // From before the journal is opened to after the results are written.
        let until = Instant::now() + Duration::from_micros(dice.u64(0..120_000));
        let ended = loop {
            if child.try_wait().expect("a child").is_some() {
                break true;
            }
            match until.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => std::thread::sleep(left.min(Duration::from_millis(1))),
                _ => break false,
            }
        };
        let ran = if ended {
            finish(child)
        } else {
            kills += 1;
            kill(child)
        };
        let journal = world.journal();
        assert_equal(&journal, &platform, seed);
        let lost = platform.ledger().totals().faults.get("reset-after").copied().unwrap_or_default();
        let unknown = count(&journal, Status::Unknown);
        assert!(unknown <= kills * IN_FLIGHT + lost, "seed {seed}: {unknown} unknown after {kills} kills");
        if ended && ran.code != 5 {
            let counts = ran.json()["counts"].clone();
            let total: u64 =
                counts.as_object().expect("counts").values().filter_map(|count| count.as_u64()).sum();
            assert!([0, 6].contains(&ran.code), "seed {seed}: {ran:?}");
            assert_eq!(total, ROWS as u64, "seed {seed}: {counts}");
            assert_eq!(world.results().len(), ROWS, "seed {seed}");
            return kills;
        }
        if ended && count(&journal, Status::Failed) == 0 {
            assert_eq!(journal.len(), ROWS, "seed {seed}: {ran:?}");
            return kills;
        }
        assert!(kills < 1_000, "seed {seed}: it never ends");
    }
}

/// Kills at least so often, over as many campaigns as that takes.
fn kill_at_least(wanted: u64) {
    let first = std::env::var("WXCAST_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let first = first.unwrap_or_else(|| fastrand::u64(0..1_000_000));
    println!("WXCAST_TEST_SEED={first}");
    let (mut kills, mut campaigns) = (0, 0);
    while kills < wanted {
        kills += kill_until_done(first + campaigns);
        campaigns += 1;
    }
    println!("{kills} kills, {campaigns} campaigns");
}

/// Some seconds: so many kills are what the promise rests on.
#[test]
fn two_hundred_kills_at_random_moments_double_nobody_and_lose_nobody() {
    kill_at_least(200);
}

#[test]
#[ignore = "minutes: the same, for long"]
fn thousands_of_kills_at_random_moments_double_nobody_and_lose_nobody() {
    kill_at_least(5_000);
}
