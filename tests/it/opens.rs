//! How often `send` opens the audience: to plan it, to send it and to write the results. Of millions of rows each time takes
//! seconds, so it is counted, by what the kernel says of the file. Results that are renewed while a run goes on read it once
//! more each time; the runs here are over before that.

use std::io::ErrorKind;
use std::path::Path;

use inotify::{EventMask, Inotify, WatchMask};

use crate::support::sheets::sheet;
use crate::support::{Platform, World, openid};

/// Counts how often a file is opened.
struct Opens(Inotify);

impl Opens {
    fn of(path: &Path) -> Self {
        let inotify = Inotify::init().expect("the kernel tells of files");
        // Equal events in a row are told as one. What comes between two openings keeps them apart.
        let told = WatchMask::OPEN | WatchMask::ACCESS | WatchMask::CLOSE;
        inotify.watches().add(path, told).expect("a file that is there");
        Self(inotify)
    }

    /// How often it was opened since it was asked last.
    fn count(&mut self) -> usize {
        let (mut opens, mut buffer) = (0, [0; 4096]);
        loop {
            match self.0.read_events(&mut buffer) {
                Ok(events) => opens += events.filter(|event| event.mask.contains(EventMask::OPEN)).count(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return opens,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn rows(numbers: impl Iterator<Item = usize>) -> String {
    let rows = numbers.map(|number| format!("{},Name {number}\n", openid(number)));
    std::iter::once("openid,name\n".to_owned()).chain(rows).collect()
}

#[test]
fn every_opening_of_a_file_is_counted() {
    let world = World::new();
    let path = world.file("a", "content");
    let mut opens = Opens::of(&path);
    let held: Vec<_> = (0..3).map(|_| std::fs::read(&path).expect("a file")).collect();
    assert_eq!((opens.count(), held.len()), (3, 3));
    assert_eq!(opens.count(), 0, "what was counted is not counted again");
}

#[test]
fn a_campaign_s_audience_is_opened_to_plan_it_to_send_it_and_for_the_results() {
    let (world, platform) = (World::with_recipients(30), Platform::new(""));
    let mut opens = Opens::of(&world.path("audience.csv"));
    world.send(&platform).exits(0);
    assert_eq!(opens.count(), 3);
    world.send(&platform).exits(0);
    assert_eq!(opens.count(), 1, "nothing is left to send, and the results stand");
}

#[test]
fn whoever_goes_on_with_a_campaign_opens_its_audience_no_more_often() {
    let (world, platform) = (World::with_recipients(30), Platform::new(""));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "10"]).exits(7);
    let mut opens = Opens::of(&world.path("audience.csv"));
    let ran = world.send(&platform).exits(0);
    assert_eq!((opens.count(), ran.counts().as_str()), (3, "30 sent"));
}

#[test]
fn an_audience_that_was_sorted_and_extended_meanwhile_is_opened_no_more_often() {
    let (world, platform) = (World::with_recipients(20), Platform::new(""));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "10"]).exits(7);
    world.file("audience.csv", rows((0..25).rev()));
    let mut opens = Opens::of(&world.path("audience.csv"));
    let ran = world.send(&platform).exits(0);
    assert_eq!((opens.count(), ran.counts().as_str()), (3, "25 sent"));
}

#[test]
fn repeated_openids_are_compared_in_one_opening_more() {
    let (world, platform) = (World::with_recipients(30), Platform::new(""));
    world.file("audience.csv", rows((0..30).chain([7])));
    let mut opens = Opens::of(&world.path("audience.csv"));
    world.send(&platform).exits(0);
    assert_eq!(opens.count(), 4);
}

#[test]
fn a_workbook_is_opened_no_more_often_than_a_text() {
    let (world, platform) = (World::with_recipients(1), Platform::new(""));
    world.edit("campaign.toml", "audience.csv", "audience.xlsx");
    let book = sheet(&[(0, 0, "openid"), (0, 1, "name"), (1, 0, &openid(0)), (1, 1, "Name")]);
    let mut opens = Opens::of(&world.file("audience.xlsx", book));
    world.send(&platform).exits(0);
    assert_eq!(opens.count(), 3);
}
