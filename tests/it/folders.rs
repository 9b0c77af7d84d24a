//! A model of what people do with folders and journals: copies, clones, moves, links, deleted and restored files, kills,
//! other state folders, take-overs, with the real binary and a simulator that counts. Whatever they do, nobody is sent the
//! message twice, and whoever could not know is stopped before anything leaves.
//!
//! The model knows what each journal and each folder knows. What nobody can know, as a journal restored from a backup
//! together with a folder from before (docs/guarantees.md), it does not try.

use std::fs;
use std::path::Path;

use crate::support::{Platform, RESULTS, Ran, World, kill};

/// So many people are sent the message, a few of them a time.
const PEOPLE: usize = 24;
/// So many things happen.
const MOVES: usize = 9;

/// Numbers by chance, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

/// A campaign folder, and up to which sending its receipt and its results tell.
#[derive(Debug, Clone)]
struct Folder {
    name: String,
    receipt: u64,
    results: u64,
}

/// A state folder, and up to which sending its journal tells.
#[derive(Debug, Clone)]
struct Home {
    name: String,
    knows: u64,
}

struct Model {
    world: World,
    platform: Platform,
    folders: Vec<Folder>,
    homes: Vec<Home>,
    /// A copy of the first home, and what it knew.
    backup: Option<u64>,
    /// How often something was sent.
    sendings: u64,
    /// Whether a journal but the first one answers for the campaign.
    taken_over: bool,
    made: usize,
    told: Vec<String>,
}

fn copy(from: &Path, to: &Path, wanted: &dyn Fn(&Path) -> bool) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        // What a link led to may have been moved.
        if !wanted(&path) || !path.exists() {
        } else if path.is_dir() {
            copy(&path, &target, wanted);
        } else {
            fs::copy(&path, target).expect("a copy");
        }
    }
}

impl Model {
    fn new() -> Self {
        let world = World::with_recipients(PEOPLE);
        for file in ["campaign.toml", "audience.csv"] {
            let text = world.read(file).replace("[send]\n", "[send]\nconcurrency = 2\n");
            world.file(&format!("first/{file}"), text);
            fs::remove_file(world.path(file)).expect("a moved file");
        }
        let folder = Folder { name: "first".into(), receipt: 0, results: 0 };
        let home = |name: &str| Home { name: name.into(), knows: 0 };
        Self {
            platform: Platform::new("latency = \"1ms\""),
            folders: vec![folder],
            homes: vec![home("home"), home("other")],
            backup: None,
            sendings: 0,
            taken_over: false,
            made: 0,
            told: Vec::new(),
            world,
        }
    }

    fn requests(&self) -> u64 {
        self.platform.ledger().totals().requests
    }

    fn send(&self, folder: &Folder, home: &Home, more: &[&str]) -> std::process::Command {
        let campaign = format!("{}/campaign.toml", folder.name);
        let home = self.world.path(&home.name);
        let args =
            ["send", &campaign, "--yes", "--progress", "none", "--state-dir", home.to_str().expect("UTF-8")];
        self.world.command_at(&self.platform, &[&args[..], more].concat())
    }

    /// Sends to a few, from this folder with this journal, and holds what happened against what each of them knew.
    fn sends(&mut self, folder: usize, home: usize, dice: &mut Dice) {
        let (from, with) = (self.folders[folder].clone(), self.homes[home].clone());
        let evidence = from.receipt.max(from.results);
        let current = with.knows == self.sendings;
        if !current && evidence <= with.knows {
            // Neither the journal nor the folder can know what was sent since.
            return;
        }
        let before = self.requests();
        let limit = (1 + dice.roll(3)).to_string();
        let dies = dice.roll(4) == 0 && current;
        // What a run that was killed sent stands in no results.
        let whole = from.results == self.sendings;
        let takes_over = !current && whole && dice.roll(2) == 0;
        let mut more = vec!["--limit", limit.as_str()];
        more.extend(takes_over.then_some("--take-over"));
        let ran = if dies {
            let mut command = self.send(&from, &with, &[]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            let child = command.spawn().expect("the binary starts");
            let until =
                std::time::Instant::now() + std::time::Duration::from_millis(20 + dice.roll(60) as u64);
            while std::time::Instant::now() < until {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            kill(child)
        } else {
            Ran::of(self.send(&from, &with, &more).output().expect("the binary runs"))
        };
        let sent = self.requests() - before;
        self.told
            .push(format!("send from {from:?} with {with:?} {more:?} dies {dies}: {} sent {sent}", ran.code));
        let usual = dies || [0, 3, 6, 7, 8].contains(&ran.code);
        assert!(usual, "{}\n{}", self.story(), ran.stderr);
        if ran.code == 8 {
            assert_eq!(sent, 0, "who is stopped sends nothing: {}\n{}", self.story(), ran.stderr);
            // One journal that knows everything is stopped only by a receipt of another one.
            assert!(!current || self.taken_over || home > 0, "{}\n{}", self.story(), ran.stderr);
            return;
        }
        // A link that leads nowhere since its folder was moved, or nobody is left.
        if sent == 0 && !dies {
            return;
        }
        assert!(current || takes_over, "it knew too little to send: {}\n{}", self.story(), ran.stderr);
        self.taken_over |= takes_over || home > 0;
        self.sendings += 1;
        self.homes[home].knows = self.sendings;
        if sent > 0 {
            self.folders[folder].receipt = self.sendings;
        }
        if !dies {
            self.folders[folder].results = self.sendings;
        }
    }

    /// One thing that people do.
    fn step(&mut self, dice: &mut Dice) {
        let folder = dice.roll(self.folders.len());
        let path = self.world.path(&self.folders[folder].name);
        match dice.roll(13) {
            0..=3 => self.sends(folder, 0, dice),
            4 => self.sends(folder, 1, dice),
            5 => {
                self.grows(folder, |from, to| copy(from, to, &|_| true), |copied| copied);
            }
            6 => {
                let bare = |path: &Path| {
                    path.extension().is_some_and(|end| end == "toml") || path.ends_with("audience.csv")
                };
                self.grows(
                    folder,
                    |from, to| copy(from, to, &bare),
                    |copied| Folder { receipt: 0, results: 0, ..copied },
                );
            }
            7 => {
                let name = self.name("moved");
                fs::rename(&path, self.world.path(&name)).expect("a move");
                self.folders[folder].name = name;
            }
            #[cfg(unix)]
            8 => {
                self.grows(
                    folder,
                    |from, to| {
                        fs::create_dir_all(to).expect("a folder");
                        // Both lead to the folder they are in, receipt and all; results lie where the link does.
                        for file in ["campaign.toml", "audience.csv"] {
                            let real = fs::canonicalize(from.join(file)).expect("a file");
                            std::os::unix::fs::symlink(real, to.join(file)).expect("a link");
                        }
                    },
                    |linked| Folder { results: 0, receipt: 0, ..linked },
                );
            }
            9 => {
                let _ = fs::remove_dir_all(path.join(".wxcast"));
                self.folders[folder].receipt = 0;
            }
            10 => {
                let _ = fs::remove_file(path.join(RESULTS));
                self.folders[folder].results = 0;
            }
            11 => {
                let (home, kept) = (self.world.path("home"), self.world.path("backup"));
                if home.exists() {
                    let _ = fs::remove_dir_all(&kept);
                    copy(&home, &kept, &|_| true);
                    self.backup = Some(self.homes[0].knows);
                }
            }
            _ => {
                if let Some(knew) = self.backup {
                    let home = self.world.path("home");
                    let _ = fs::remove_dir_all(&home);
                    copy(&self.world.path("backup"), &home, &|_| true);
                    self.homes[0].knows = knew;
                } else {
                    let _ = fs::remove_dir_all(self.world.path("home"));
                    self.homes[0].knows = 0;
                }
            }
        }
    }

    fn grows(
        &mut self,
        folder: usize,
        make: impl FnOnce(&Path, &Path),
        known: impl FnOnce(Folder) -> Folder,
    ) {
        let name = self.name("copy");
        make(&self.world.path(&self.folders[folder].name), &self.world.path(&name));
        let copied = Folder { name, ..self.folders[folder].clone() };
        self.folders.push(known(copied));
    }

    fn name(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}{}", self.made)
    }

    fn story(&self) -> String {
        self.told.join("\n")
    }
}

fn lives(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut model = Model::new();
        for _ in 0..MOVES {
            model.step(&mut dice);
            let twice = model.platform.ledger().duplicates();
            assert!(twice.is_empty(), "seed {seed}: {twice:?}\n{}", model.story());
        }
    }
}

/// About twenty seconds each: two hundred lives of nine moves, every other one of them the real program.
#[test]
fn whatever_is_done_with_folders_nobody_is_sent_it_twice_first_quarter() {
    lives(0..50);
}

#[test]
fn whatever_is_done_with_folders_nobody_is_sent_it_twice_second_quarter() {
    lives(50..100);
}

#[test]
fn whatever_is_done_with_folders_nobody_is_sent_it_twice_third_quarter() {
    lives(100..150);
}

#[test]
fn whatever_is_done_with_folders_nobody_is_sent_it_twice_last_quarter() {
    lives(150..200);
}
