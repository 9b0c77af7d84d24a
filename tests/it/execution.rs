//! A run as a whole: what it costs while nothing happens, and what stays of it when it ends as no run should.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use wxcast::delivery::event::Event;
use wxcast::delivery::outcome::Status;
use wxcast::send::execution::observer::{Observer, Remark, Watch};
use wxcast::send::execution::quota::Asked;

use crate::crash::count;
use crate::model::execution;
use crate::support::{PATIENCE, Platform, World, finish};

/// Falls over at the n-th message that is settled.
struct Clumsy(u64);

impl Observer for Clumsy {
    fn asked(&mut self, _: &Asked) {}

    fn remarks(&mut self, _: Remark) {}

    fn begins(&mut self) -> Watch {
        let (left, settled) = (self.0, AtomicU64::new(0));
        Arc::new(move |event| {
            if let Event::Settled { .. } = event {
                assert!(settled.fetch_add(1, Ordering::SeqCst) + 1 < left, "a bug in the middle of a run");
            }
        })
    }

    fn ended(&mut self, _: &[(String, u64)]) {}
}

#[test]
fn a_panic_in_a_run_leaves_every_answer_that_came_in_the_journal() {
    let (world, platform) = (World::with_recipients(20), Platform::new(""));
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let mut clumsy = Clumsy(5);
    let run = execution(&world, &platform, &mut clumsy);
    let ended = catch_unwind(AssertUnwindSafe(|| run.run().map(drop)));
    assert!(ended.is_err(), "it panicked");
    let journal = world.journal();
    assert_eq!((journal.len(), count(&journal, Status::Sent)), (5, 5), "{journal:?}");
    let rest = Platform::new("");
    assert_eq!(world.send(&rest).exits(0).counts(), "20 sent");
    assert_eq!(rest.ledger().totals().accepted, 15);
}

/// Some seconds: results are refreshed every two of them.
#[test]
fn results_are_not_written_again_while_nothing_happens() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.edit("campaign.toml", "100000/s", "1/m");
    let child = world.start_send(&platform);
    let modified =
        || fs::metadata(world.path("spring.local.results.csv")).and_then(|file| file.modified()).ok();
    let first = until(&modified);
    let sent = world.results().iter().filter(|row| row.get(2) == Some("sent")).count();
    assert!((1..3).contains(&sent), "{sent}");
    let quiet = Instant::now() + Duration::from_secs(5);
    while Instant::now() < quiet {
        assert_eq!(modified(), Some(first), "nothing was settled meanwhile");
        std::thread::sleep(Duration::from_millis(50));
    }
    world.run(&["stop", "campaign.toml"]).exits(0);
    assert_eq!(finish(child).exits(7).counts(), format!("{sent} sent, {} unsent", 3 - sent));
}

fn until(modified: &impl Fn() -> Option<SystemTime>) -> SystemTime {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(modified) = modified() {
            return modified;
        }
        assert!(Instant::now() < until, "no results");
        std::thread::sleep(Duration::from_millis(5));
    }
}
