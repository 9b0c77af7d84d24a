//! A model of what people do with folders and journals: copies, clones, moves, links, deleted and restored files, kills,
//! other state folders, take-overs, with the real binary and a simulator that counts. Whatever they do, nobody is sent the
//! message twice, and whoever could not know is stopped before anything leaves.
//!
//! The model knows what each journal and each folder knows. What nobody can know, as a journal restored from a backup
//! together with a folder from before (docs/guarantees.md), it does not try.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use wxcast::journal::identity::{Channel, Identity};
use wxcast::journal::record::Recorded;
use wxcast::journal::store::Store;

use crate::support::{APPID, Platform, RESULTS, Ran, World, finish, kill};

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

/// People, by their openids.
type People = BTreeSet<String>;

/// A campaign folder, and of whom its receipt and its results tell.
#[derive(Debug, Clone)]
struct Folder {
    name: String,
    receipt: People,
    results: People,
}

/// A state folder, and whom its journal knows.
#[derive(Debug, Clone, Default)]
struct Home {
    name: String,
    knows: People,
    /// Who was taken out of it and is not back.
    gone: People,
    /// Whether it was exported and has not been sent from since.
    exported: bool,
}

struct Model {
    world: World,
    platform: Platform,
    folders: Vec<Folder>,
    homes: Vec<Home>,
    /// A copy of the first home, where there is one, and whether something had been taken out of it.
    backup: Option<People>,
    /// Everybody who was sent the message.
    sent: People,
    /// Whether a journal but the first one answers for the campaign, or the first one was taken out of or put together again.
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
        let folder = Folder { name: "first".into(), receipt: People::new(), results: People::new() };
        let home = |name: &str| Home { name: name.into(), ..Home::default() };
        Self {
            platform: Platform::new("latency = \"1ms\""),
            folders: vec![folder],
            homes: vec![home("home"), home("other")],
            backup: None,
            sent: People::new(),
            taken_over: false,
            made: 0,
            told: Vec::new(),
            world,
        }
    }

    /// Everybody to whom a request went.
    fn reached(&self) -> People {
        self.platform.ledger().openids().into_iter().collect()
    }

    /// Whom a journal knows now.
    fn known(&self, home: usize) -> People {
        let mut known = People::new();
        let state = self.world.path(&self.homes[home].name).join(APPID).join("local");
        let Some(store) = Store::read(&state).expect("a sound journal") else { return known };
        let whose =
            Identity { appid: APPID.into(), campaign: "spring".into(), wave: 1, channel: Channel::Send };
        if let Some(campaign) = store.find_campaign(&whose).expect("a sound journal") {
            let keep = |message: Recorded| known.extend([message.recipient.to_string()]);
            store.messages(campaign, keep).expect("a sound journal");
        }
        known
    }

    /// The list of a folder in its order; nothing where a link leads nowhere.
    fn list(&self, folder: &Folder) -> Vec<String> {
        let text = fs::read_to_string(self.world.path(&folder.name).join("audience.csv"));
        let text = text.unwrap_or_else(|_| String::new());
        text.lines().skip(1).map(|row| row.split(',').next().expect("an openid").to_owned()).collect()
    }

    fn command(&self, home: usize, args: &[&str]) -> std::process::Command {
        let state = self.world.path(&self.homes[home].name);
        let all = [args, &["--state-dir", state.to_str().expect("UTF-8")]].concat();
        self.world.command_at(&self.platform, &all)
    }

    fn run(&self, home: usize, args: &[&str]) -> Ran {
        Ran::of(self.command(home, args).output().expect("the binary runs"))
    }

    fn send(&self, folder: &Folder, home: usize, more: &[&str]) -> std::process::Command {
        let campaign = format!("{}/campaign.toml", folder.name);
        let args = ["send", &campaign, "--yes", "--progress", "none"];
        self.command(home, &[&args[..], more].concat())
    }

    /// The id of a folder's plan; nothing where a link leads nowhere.
    fn plan(&self, folder: &Folder) -> Option<String> {
        let plan = ["plan", &format!("{}/campaign.toml", folder.name), "--format", "json"];
        let ran = Ran::of(self.world.command_at(&self.platform, &plan).output().expect("the binary runs"));
        (ran.code == 0).then(|| ran.json()["plan"].as_str().expect("an id").to_owned())
    }

    /// Sends to a few, from this folder with this journal, and holds what happened against what each of them knew.
    fn sends(&mut self, folder: usize, home: usize, dice: &mut Dice) {
        self.late_arrivals();
        let (from, with) = (self.folders[folder].clone(), self.homes[home].clone());
        let evidence: People = from.receipt.union(&from.results).cloned().collect();
        let current = self.sent.is_subset(&with.knows) && with.gone.is_empty();
        let limit = 1 + dice.roll(3);
        let warned = !evidence.is_subset(&with.knows) || !with.gone.is_empty();
        let next: Vec<String> =
            self.list(&from).into_iter().filter(|one| !with.knows.contains(one)).take(limit).collect();
        if !current && !warned && next.iter().any(|one| self.sent.contains(one)) {
            // Neither the journal nor the folder can know to whom it was sent since.
            return;
        }
        let limit = limit.to_string();
        let dies = dice.roll(4) == 0 && current;
        // What a run that was killed sent stands in no results, and a yes to everything takes nothing over then.
        let all_told: People = evidence.union(&with.knows).cloned().collect();
        let takes_over = warned && self.sent.is_subset(&all_told) && dice.roll(2) == 0;
        let mut more = vec!["--limit", limit.as_str()];
        more.extend(takes_over.then_some("--take-over"));
        // Somebody says that nobody else goes on with the export.
        let id = if with.exported && current { self.plan(&from) } else { None };
        more.extend(id.iter().flat_map(|id| ["--expect-plan", id.as_str()]));
        let ran = if dies {
            let mut command = self.send(&from, home, &[]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            let child = command.spawn().expect("the binary starts");
            let until =
                std::time::Instant::now() + std::time::Duration::from_millis(20 + dice.roll(60) as u64);
            while std::time::Instant::now() < until {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            kill(child)
        } else {
            Ran::of(self.send(&from, home, &more).output().expect("the binary runs"))
        };
        self.told
            .push(format!("send from {} with {} {more:?} dies {dies}: {}", from.name, with.name, ran.code));
        self.happened(folder, home, &ran, dies, (current, warned && !takes_over));
    }

    /// Holds what a send did against what was known when it began, and takes it in.
    fn happened(
        &mut self,
        folder: usize,
        home: usize,
        ran: &Ran,
        dies: bool,
        (current, must_stop): (bool, bool),
    ) {
        let new: People = self.reached().difference(&self.sent).cloned().collect();
        let usual = dies || [0, 3, 6, 7, 8].contains(&ran.code);
        assert!(usual, "{}\n{}", self.story(), ran.stderr);
        if ran.code == 8 {
            assert!(new.is_empty(), "who is stopped sends nothing: {}\n{}", self.story(), ran.stderr);
            // One journal that knows everything is stopped only by a receipt of another one, or because it was exported.
            let exported = self.homes[home].exported;
            assert!(!current || self.taken_over || home > 0 || exported, "{}\n{}", self.story(), ran.stderr);
            return;
        }
        // A link that leads nowhere since its folder was moved.
        if ran.code == 3 {
            return;
        }
        assert!(!must_stop || dies, "it knew too little to send: {}\n{}", self.story(), ran.stderr);
        // A run that was killed before it reached anybody may have left a receipt, which is then of more than a journal that is
        // put back knows.
        self.taken_over |= !current || home > 0 || dies && new.is_empty();
        self.sent.extend(new.iter().cloned());
        self.homes[home].exported &= new.is_empty();
        self.homes[home].knows = self.known(home);
        if !current {
            // Taken over: nobody asks any more who was taken out.
            self.homes[home].gone.clear();
        }
        if !new.is_empty() {
            self.folders[folder].receipt = self.homes[home].knows.clone();
        }
        if !dies && ran.code != 8 {
            self.folders[folder].results = self.homes[home].knows.clone();
        }
    }

    /// A request of a run that was killed may reach the platform after its process is gone.
    fn late_arrivals(&mut self) {
        let late = self.reached();
        self.sent.extend(late);
    }

    /// Two users send the same folder at the same moment, each with a journal of their own.
    fn both_send(&mut self, folder: usize) {
        self.late_arrivals();
        let from = self.folders[folder].clone();
        let evidence: People = from.receipt.union(&from.results).cloned().collect();
        let whole = |home: &Home| self.sent.is_subset(&home.knows) && home.gone.is_empty();
        // Of whoever knows too little, and is not told by the folder, nobody can say anything.
        let told = |home: &Home| whole(home) || !evidence.is_subset(&home.knows) || !home.gone.is_empty();
        if !self.homes.iter().all(told) || self.sent.is_empty() && from.name != "first" {
            return;
        }
        let current: Vec<bool> = self.homes.iter().map(whole).collect();
        let begun: Vec<_> = [0, 1]
            .into_iter()
            .map(|home| {
                let mut command = self.send(&from, home, &["--limit", "2"]);
                for variable in ["XDG_STATE_HOME", "LOCALAPPDATA", "HOME"] {
                    command.env(variable, self.world.path(&format!("user{home}")));
                }
                command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
                command.spawn().expect("the binary starts")
            })
            .collect();
        let ran: Vec<Ran> = begun.into_iter().map(finish).collect();
        let codes: Vec<i32> = ran.iter().map(|ran| ran.code).collect();
        self.told.push(format!("both send from {}: {codes:?}", from.name));
        let before = self.sent.clone();
        for home in [0, 1] {
            let usual = [0, 3, 6, 7, 8].contains(&codes[home]);
            assert!(usual, "{}\n{}", self.story(), ran[home].stderr);
            if [3, 8].contains(&codes[home]) {
                continue;
            }
            assert!(current[home], "it knew too little to send: {}\n{}", self.story(), ran[home].stderr);
            self.sent = self.reached();
            self.homes[home].knows = self.known(home);
            self.taken_over |= home > 0;
            if self.sent != before {
                self.folders[folder].receipt = self.homes[home].knows.clone();
            }
            self.folders[folder].results = self.homes[home].knows.clone();
        }
    }

    /// Everything is taken out of a journal that knows something.
    fn prunes(&mut self, home: usize) {
        if self.homes[home].knows.is_empty() {
            return;
        }
        let ran = self.run(home, &["journal", "prune", "--older", "1ms", "--local", "--yes"]).exits(0);
        self.told.push(format!("prune {}: {}", self.homes[home].name, ran.stderr));
        let known = std::mem::take(&mut self.homes[home].knows);
        assert!(self.known(home).is_empty(), "{}", self.story());
        self.homes[home].gone.extend(known);
        self.taken_over = true;
    }

    /// What one journal knows goes into a file, over an older one.
    fn exports(&mut self, folder: usize, home: usize) {
        let campaign = format!("{}/campaign.toml", self.folders[folder].name);
        let file = self.world.path("export.jsonl");
        let ran = self.run(home, &["journal", "export", &campaign, "--local", "-o", "newer.jsonl"]);
        self.told.push(format!("export of {}: {}", self.homes[home].name, ran.code));
        if ran.code == 0 {
            self.homes[home].exported = true;
            fs::rename(self.world.path("newer.jsonl"), file).expect("an export");
        }
    }

    fn imports(&mut self, home: usize) {
        if !self.world.path("export.jsonl").exists() {
            return;
        }
        let ran = self.run(home, &["journal", "import", "export.jsonl"]).exits(0);
        self.told.push(format!("import into {}: {}", self.homes[home].name, ran.stderr));
        self.homes[home].knows = self.known(home);
        let Home { knows, gone, .. } = &mut self.homes[home];
        gone.retain(|one| !knows.contains(one));
        self.taken_over = true;
    }

    fn backs_up(&mut self) {
        let (home, kept) = (self.world.path("home"), self.world.path("backup"));
        if home.exists() {
            let _ = fs::remove_dir_all(&kept);
            copy(&home, &kept, &|_| true);
            self.backup = Some(self.homes[0].gone.clone());
        }
    }

    /// The copy of the first journal takes its place again; without one it is lost.
    fn puts_back(&mut self) {
        let home = self.world.path("home");
        let _ = fs::remove_dir_all(&home);
        if self.backup.is_some() {
            copy(&self.world.path("backup"), &home, &|_| true);
        }
        self.homes[0].gone = self.backup.clone().unwrap_or_default();
        self.homes[0].knows = self.known(0);
        // It may have been by then.
        self.homes[0].exported |= self.backup.is_some();
        self.told.push(format!("home is put back, and knows {}", self.homes[0].knows.len()));
    }

    fn turns_round(&self, folder: usize) {
        let list = self.world.path(&self.folders[folder].name).join("audience.csv");
        if let Ok(text) = fs::read_to_string(&list) {
            let mut rows: Vec<&str> = text.lines().collect();
            rows[1..].reverse();
            fs::write(&list, rows.join("\n")).expect("a list");
        }
    }

    /// The journal is put back as it was before a send, and from a clone it sends to others then, who may be as many.
    fn parts_ways(&mut self, folder: usize, dice: &mut Dice) {
        self.backs_up();
        self.sends(folder, 0, dice);
        self.puts_back();
        self.clones(folder);
        let clone = self.folders.len() - 1;
        self.turns_round(clone);
        self.sends(clone, 0, dice);
        if dice.roll(2) == 0 {
            let _ = fs::remove_file(self.world.path(&self.folders[folder].name).join(RESULTS));
            self.folders[folder].results = People::new();
        }
        self.sends(folder, 0, dice);
    }

    /// A folder without receipt and results, as a repository gives it.
    fn clones(&mut self, folder: usize) {
        let bare =
            |path: &Path| path.extension().is_some_and(|end| end == "toml") || path.ends_with("audience.csv");
        self.grows(
            folder,
            |from, to| copy(from, to, &bare),
            |copied| Folder { receipt: People::new(), results: People::new(), ..copied },
        );
    }

    /// One thing that people do.
    fn step(&mut self, dice: &mut Dice) {
        let folder = dice.roll(self.folders.len());
        let path = self.world.path(&self.folders[folder].name);
        match dice.roll(20) {
            0..=3 => self.sends(folder, 0, dice),
            4 => self.sends(folder, 1, dice),
            5 => {
                self.grows(folder, |from, to| copy(from, to, &|_| true), |copied| copied);
            }
            6 => self.clones(folder),
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
                    |linked| Folder { results: People::new(), receipt: People::new(), ..linked },
                );
            }
            9 => {
                let _ = fs::remove_dir_all(path.join(".wxcast"));
                self.folders[folder].receipt = People::new();
            }
            10 => {
                let _ = fs::remove_file(path.join(RESULTS));
                self.folders[folder].results = People::new();
            }
            11 => self.backs_up(),
            12 => self.puts_back(),
            13 => self.turns_round(folder),
            14 | 15 => self.both_send(folder),
            16 => self.prunes(dice.roll(2)),
            17 => self.exports(folder, dice.roll(2)),
            18 => self.parts_ways(folder, dice),
            _ => self.imports(dice.roll(2)),
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
