//! One builder for all tests: a folder with a campaign and an audience, a simulator, the real binary.

pub mod bytes;
pub mod media;
pub mod people;
pub mod postgres;
#[cfg(target_os = "linux")]
pub mod pty;
pub mod sheets;
pub mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value as Json;
use tempfile::TempDir;
use wxcast::delivery::outcome::Status;
use wxcast::journal::identity::{Channel, Identity};
use wxcast::journal::record::Recorded;
use wxcast::journal::store::Store;
use wxcast::message::AccountKind;
use wxcast::simulator::ledger::Ledger;
use wxcast::simulator::scenario::Scenario;
use wxcast::simulator::{Account, Simulator};

/// The account of every test.
pub const APPID: &str = "wx0123456789abcdef";
/// Its secret, which must turn up nowhere.
pub const SECRET: &str = "5ec2e70f7e57547115ec2e70f7e57547";
/// Where the results of a campaign lie that a simulator was sent.
pub const RESULTS: &str = "spring.local.results.csv";

/// How long something that must happen may take, on the slowest machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A campaign folder and a home of its own.
pub struct World {
    dir: TempDir,
    home: TempDir,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// From a process that has ended.
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// stdout as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The counts of a summary or a status report that are not zero: `3 sent, 1 unknown`.
    pub fn counts(&self) -> String {
        let json = self.json();
        let counts = json["counts"].as_object().expect("counts");
        let counts = counts.iter().filter(|(_, count)| count.as_u64() != Some(0));
        counts.map(|(status, count)| format!("{count} {status}")).collect::<Vec<_>>().join(", ")
    }

    /// Insists on an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Insists that a text stands on stderr.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in:\n{}", self.stderr);
        self
    }

    /// Checks that the table of who gets it and who does not says so of whom, on stdout or stderr.
    #[track_caller]
    pub fn tells(self, who: &str, count: u64) -> Self {
        let found = told(&format!("{}{}", self.stdout, self.stderr), who);
        assert_eq!(found, Some(count), "{who}:\n{}{}", self.stdout, self.stderr);
        self
    }
}

/// What the table of who gets it and who does not says of whom.
pub fn told(text: &str, who: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.trim_start().strip_prefix(who)?.strip_prefix("  "))?;
    rest.split_whitespace().next()?.replace(',', "").parse().ok()
}

impl World {
    /// An empty folder.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a folder"), home: tempfile::tempdir().expect("a home") }
    }

    /// A text campaign to these openids, `{{name}}` filled from the row.
    pub fn with_recipients(count: usize) -> Self {
        let world = Self::new();
        world.text_campaign("Hello {{name}}", "");
        world.recipients(count);
        world
    }

    /// A campaign with a journal of format 1, in which every status occurs.
    pub fn golden() -> Self {
        let world = Self::new();
        let golden = |name: &str| fs::read(repository().join("tests/it/golden").join(name)).expect(name);
        world.file("campaign.toml", golden("campaign.toml"));
        world.file("audience.csv", golden("audience.csv"));
        world.file(".wxcast/journal.sqlite3", golden("journal-1.sqlite3"));
        world
    }

    /// Writes a text campaign; `more` is TOML that follows it.
    pub fn text_campaign(&self, content: &str, more: &str) {
        self.file(
            "campaign.toml",
            format!(
                "[campaign]\nid = \"spring\"\n[account]\nappid = \"{APPID}\"\n[audience]\nfile = \"audience.csv\"\n\
                 [message.text]\ncontent = '''{content}'''\n[send]\nrate = \"100000/s\"\n{more}"
            ),
        );
    }

    /// Writes a campaign with this message table; `more` is TOML that follows it.
    pub fn campaign(&self, message: &str, more: &str) {
        self.file(
            "campaign.toml",
            format!(
                "[campaign]\nid = \"spring\"\n[account]\nappid = \"{APPID}\"\n[audience]\nfile = \"audience.csv\"\n\
                 {message}\n[send]\nrate = \"100000/s\"\n{more}"
            ),
        );
    }

    /// Writes an audience of so many recipients.
    pub fn recipients(&self, count: usize) {
        let mut csv = String::from("openid,name\n");
        for index in 0..count {
            csv.push_str(&format!("{},Name {index}\n", openid(index)));
        }
        self.file("audience.csv", csv);
    }

    /// Writes a file.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, content).expect("a written file");
        path
    }

    /// Replaces a text in a file that holds it.
    #[track_caller]
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{from:?} is not in {name}:\n{text}");
        self.file(name, text.replacen(from, to, 1));
    }

    /// The user's state folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder of the account of every test, whose requests go to a simulator on this computer.
    pub fn state(&self) -> PathBuf {
        self.home.path().join("wxcast").join(APPID).join("local")
    }

    /// A file in that folder, which need not be there.
    pub fn state_file(&self, name: &str) -> PathBuf {
        self.state().join(name)
    }

    /// Writes a file in that folder.
    pub fn in_state(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.state_file(name);
        fs::create_dir_all(self.state()).expect("a folder");
        fs::write(&path, content).expect("a written file");
        path
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The binary in this folder, with nothing of the machine's environment that it would read.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_wxcast"), args)
    }

    /// Another program in the same surroundings.
    pub fn command_of(&self, program: &str, args: &[&str]) -> Command {
        hear_signals_again();
        let mut command = Command::new(program);
        command.current_dir(self.dir.path()).args(args).stdin(Stdio::null());
        for variable in [
            "CI",
            "CI_PROJECT_DIR",
            "GITHUB_STEP_SUMMARY",
            "GITHUB_WORKSPACE",
            "NO_COLOR",
            "WXCAST_LANG",
            "XDG_CONFIG_HOME",
            "WXCAST_APPID",
            "WXCAST_ACCESS_TOKEN",
            "WXCAST_API_BASE",
            "WXCAST_JOURNAL",
            "PGHOST",
            "PGPORT",
            "PGUSER",
            "PGPASSWORD",
            "PGDATABASE",
            "PGSSLMODE",
            "PGSSLROOTCERT",
            "PGPASSFILE",
            "PGCONNECT_TIMEOUT",
            "SSL_CERT_FILE",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
        ] {
            command.env_remove(variable);
        }
        // The language of the machine is not the tests'.
        command.env("LC_ALL", "C.UTF-8");
        for variable in ["XDG_STATE_HOME", "LOCALAPPDATA", "HOME"] {
            command.env(variable, self.home.path());
        }
        command.env("WXCAST_APPSECRET", SECRET).env("RUST_BACKTRACE", "0");
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().expect("the binary runs"))
    }

    /// Runs the binary against a simulator to its end.
    pub fn run_at(&self, platform: &Platform, args: &[&str]) -> Ran {
        Ran::of(self.command_at(platform, args).output().expect("the binary runs"))
    }

    /// The binary against a simulator.
    pub fn command_at(&self, platform: &Platform, args: &[&str]) -> Command {
        let mut command = self.command(args);
        command.env("WXCAST_API_BASE", platform.base());
        command
    }

    /// `send --yes --format json` against a simulator, to its end.
    pub fn send(&self, platform: &Platform) -> Ran {
        self.run_at(platform, &["send", "campaign.toml", "--yes", "--format", "json"])
    }

    /// `send` against a simulator after somebody looked at the plan and agreed to it.
    pub fn send_agreed(&self, platform: &Platform) -> Ran {
        let plan = self.run_at(platform, &["plan", "campaign.toml", "--format", "json"]).exits(0).json();
        let id = plan["plan"].as_str().expect("a plan id");
        self.run_at(platform, &["send", "campaign.toml", "--yes", "--format", "json", "--expect-plan", id])
    }

    /// `status --format json`.
    pub fn status(&self) -> Ran {
        self.run(&["status", "campaign.toml", "--format", "json"]).exits(0)
    }

    /// What the journal says of every message, by openid and number.
    pub fn journal(&self) -> BTreeMap<(String, u32), Status> {
        let mut statuses = BTreeMap::new();
        let Some(store) = Store::read(&self.state()).expect("a sound journal") else {
            return statuses;
        };
        let identity =
            Identity { appid: APPID.into(), campaign: "spring".into(), wave: 1, channel: Channel::Send };
        if let Some(number) = store.find_campaign(&identity).expect("a sound journal") {
            let mut keep = |message: Recorded| {
                statuses.insert((message.recipient.to_string(), message.nth), message.state.status());
            };
            store.messages(number, &mut keep).expect("a sound journal");
        }
        statuses
    }

    /// `send` against a simulator, begun and not waited for.
    pub fn start_send(&self, platform: &Platform) -> Child {
        self.command_at(
            platform,
            &["send", "campaign.toml", "--yes", "--format", "json", "--progress", "none"],
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
    }

    /// The results of what a simulator was sent, row by row, without the header.
    pub fn results(&self) -> Vec<csv::StringRecord> {
        self.results_of(RESULTS)
    }

    /// The results in a file, row by row, without the header.
    pub fn results_of(&self, file: &str) -> Vec<csv::StringRecord> {
        let text = self.read(file);
        let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
        csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.expect("a row")).collect()
    }
}

/// Calls `each` with every file below a folder.
pub fn walk(folder: &Path, each: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, each);
        } else {
            each(&path, &fs::read(&path).expect("a file"));
        }
    }
}

/// Waits for a process and gives what it left.
pub fn finish(child: Child) -> Ran {
    Ran::of(child.wait_with_output().expect("the process ends"))
}

/// Has the processes that are started from now on hear SIGINT and SIGTERM, whatever this one does. Whoever runs the tests
/// in the background of a shell has SIGINT ignored, and what is ignored stays so in every child, while what is handled is as
/// usual in them. Only a signal that is ignored is touched: Ctrl-C still ends the tests in front of a terminal.
fn hear_signals_again() {
    #[cfg(target_os = "linux")]
    {
        static HEARD: std::sync::Once = std::sync::Once::new();
        // On a thread of its own: a test of pages has a runtime already, and within one no other may end.
        HEARD.call_once(|| std::thread::spawn(hear).join().expect("a thread that hears"));
    }
}

#[cfg(target_os = "linux")]
fn hear() {
    use tokio::signal::unix::{SignalKind, signal};
    let status = fs::read_to_string("/proc/self/status").expect("what Linux says of a process");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("the ignored signals");
    let mask = u64::from_str_radix(mask.trim(), 16).expect("a mask");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let _inside = runtime.enter();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        if mask & (1 << (kind.as_raw_value() - 1)) != 0 {
            // The handler stays when nobody listens to it any more.
            drop(signal(kind).expect("a handler"));
        }
    }
}

/// Kills a process, which it is told nothing of, and gives what it left.
pub fn kill(mut child: Child) -> Ran {
    child.kill().expect("a kill");
    finish(child)
}

/// Sends a signal to a process.
#[cfg(unix)]
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
}

/// A usual openid, another one for each number.
pub fn openid(index: usize) -> String {
    format!("oTEST{index:023}")
}

/// A simulator in this process, with a runtime to wait on it.
pub struct Platform {
    simulator: Simulator,
    runtime: tokio::runtime::Runtime,
}

impl Platform {
    /// A simulator with a scenario.
    pub fn new(scenario: &str) -> Self {
        Self::with(Scenario::parse(scenario).unwrap_or_else(|error| panic!("{error}")))
    }

    /// A simulator whose account knows these people.
    pub fn with_people(scenario: &str, people: &str) -> Self {
        let scenario = Scenario::parse(scenario).and_then(|scenario| scenario.with_people(people));
        Self::with(scenario.unwrap_or_else(|error| panic!("{error}")))
    }

    /// A simulator that knows who did what when.
    pub fn with_times(scenario: &str, times: &str) -> Self {
        let scenario = Scenario::parse(scenario).and_then(|scenario| scenario.with_times(times));
        Self::with(scenario.unwrap_or_else(|error| panic!("{error}")))
    }

    /// A simulator.
    pub fn with(scenario: Scenario) -> Self {
        let account = Account { appid: APPID.into(), secret: SECRET.into(), kind: AccountKind::Official };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let simulator = runtime.block_on(Simulator::start(scenario, Some(account), 0)).expect("a simulator");
        Self { simulator, runtime }
    }

    /// Its clock, as others are told of it.
    pub fn clock(&self) -> String {
        self.simulator.clock().shared().expect("a scenario with a clock")
    }

    /// Where it listens.
    pub fn base(&self) -> String {
        self.simulator.base_url()
    }

    /// Waits until something is so of the files it was sent and the faults it played.
    #[track_caller]
    pub fn wait_until(&self, so: impl Fn(&Ledger) -> bool) {
        let until = std::time::Instant::now() + PATIENCE;
        while !so(self.ledger()) {
            assert!(std::time::Instant::now() < until, "{:?}", self.ledger().totals());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it received.
    pub fn ledger(&self) -> &Ledger {
        self.simulator.ledger()
    }

    /// Puts the platform's clock forward.
    pub fn advance(&self, by: Duration) {
        self.simulator.advance(by);
    }

    /// Waits until so many messages have been posted.
    #[track_caller]
    pub fn wait_for_requests(&self, count: u64) {
        let arrived = self.simulator.ledger().wait_for_requests(count);
        let waited = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, arrived).await });
        assert!(waited.is_ok(), "only {} requests of {count} arrived", self.ledger().totals().requests);
    }
}

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes to a process's stdin and closes it.
pub fn feed(child: &mut Child, text: &str) {
    child.stdin.take().expect("a stdin").write_all(text.as_bytes()).expect("a written stdin");
}
