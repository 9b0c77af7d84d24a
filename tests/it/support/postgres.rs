//! A server of PostgreSQL for these tests alone: one for all of them, with a database for each.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, World};

/// Who needs a password, and TLS, to come in by the network.
pub const GUARDED: &str = "guarded";
/// That password.
pub const PASSWORD: &str = "pa55word-of-a-test";

/// PostgreSQL does not run as root; this is the user that Debian's package makes.
const USER: &str = "postgres";
/// Ends the server and takes its folder away when the tests are over, however they end: then nobody holds its input any more.
const KEEPER: &str = r#"folder=$1; shift; "$@" & read -r _; kill -QUIT $!; wait; rm -rf "$folder""#;

/// A server.
pub struct Server {
    pub folder: PathBuf,
    pub port: u16,
    programs: PathBuf,
    _keeper: (Child, ChildStdin),
}

/// A database of one test.
pub struct Database {
    pub server: &'static Server,
    pub name: String,
}

/// The server, begun by whichever test needs it first; nothing where PostgreSQL is not installed, which is said, and in CI
/// is a failure.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| programs().map(|programs| Server::begin(programs, "server")));
    if server.is_none() {
        println!("not run: PostgreSQL is not installed");
    }
    server.as_ref()
}

/// Where PostgreSQL's programs are; the newest, where there are several versions.
pub fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").expect("a PATH");
    folders.splice(0..0, std::env::split_paths(&path));
    let found = folders.into_iter().rev().find(|folder| folder.join("initdb").is_file() && cfg!(unix));
    let may_lack = std::env::var_os("CI").is_none() || !cfg!(target_os = "linux");
    assert!(found.is_some() || may_lack, "CI needs Debian's postgresql");
    found
}

/// A command as a user that PostgreSQL runs as.
fn as_user(program: &Path) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let mut command = Command::new(if is_root { Path::new("setpriv") } else { program });
    if is_root {
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]).arg(program);
    }
    command.env("LC_ALL", "C.UTF-8").env_remove("PGPASSWORD").current_dir("/");
    command
}

#[track_caller]
fn succeeds(mut command: Command) -> Output {
    let output = command.output().expect("the program runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {told}");
    output
}

impl Server {
    /// Begins a server with a folder of its own.
    pub fn begin(programs: PathBuf, name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("wxcast-pg-").tempdir().expect("a folder").keep();
        own(&folder);
        let data = folder.join(name);
        let mut made = as_user(&programs.join("initdb"));
        made.args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C", "-D"])
            .arg(&data);
        succeeds(made);
        let port = free_port();
        certificate(&data);
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nfsync = off\n\
             ssl = on\nmax_connections = 300\nshared_buffers = 64MB\nwal_level = replica\nmax_wal_senders = 5\n\
             autovacuum_naptime = 1h\n",
            folder.display()
        );
        append(&data.join("postgresql.conf"), &settings);
        let who = format!(
            "local all all trust\nhostssl all {GUARDED} 127.0.0.1/32 scram-sha-256\n\
             host all {GUARDED} 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 trust\n\
             host replication all 127.0.0.1/32 trust\n"
        );
        fs::write(data.join("pg_hba.conf"), who).expect("a written file");
        let server = Self::start(programs, folder, &data, port);
        server.sql("postgres", &format!("CREATE ROLE {GUARDED} LOGIN SUPERUSER PASSWORD '{PASSWORD}'"));
        server
    }

    /// Starts what is in a data folder, and waits until it answers.
    fn start(programs: PathBuf, folder: PathBuf, data: &Path, port: u16) -> Self {
        let mut command = as_user(Path::new("/bin/sh"));
        command.args(["-c", KEEPER, "sh"]).arg(&folder).arg(programs.join("postgres")).arg("-D").arg(data);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keeper = command.spawn().expect("a server starts");
        let input = keeper.stdin.take().expect("its input");
        let server = Self { folder, port, programs, _keeper: (keeper, input) };
        let until = Instant::now() + PATIENCE;
        while !server.answers() {
            assert!(Instant::now() < until, "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn answers(&self) -> bool {
        let mut ask = as_user(&self.programs.join("pg_isready"));
        ask.arg("-q").arg("-h").arg(&self.folder).arg("-p").arg(self.port.to_string());
        ask.status().is_ok_and(|status| status.success())
    }

    /// A new database.
    pub fn database(&'static self) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        Database { server: self, name }
    }

    /// What the server says to SQL, a line a row.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut ask = as_user(&self.programs.join("psql"));
        ask.arg("-XAtq").args(["-v", "ON_ERROR_STOP=1"]).arg("-h").arg(&self.folder);
        ask.arg("-p").arg(self.port.to_string()).args(["-U", "postgres", "-d", database, "-f", "-"]);
        ask.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut asking = ask.spawn().expect("psql runs");
        asking.stdin.take().expect("its input").write_all(sql.as_bytes()).expect("the question");
        let output = asking.wait_with_output().expect("psql ends");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    }
}

impl Database {
    /// Its address by the socket.
    pub fn url(&self) -> String {
        let folder = self.server.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}:{}/{}", self.server.port, self.name)
    }

    /// Its address by the network, for a role.
    pub fn address(&self, role: &str, more: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{}{more}", self.server.port, self.name)
    }

    /// What it says to SQL, a line a row.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.server.sql(&self.name, sql)
    }

    /// The same with a journal in it.
    #[track_caller]
    pub fn prepared(self) -> Self {
        let world = World::new();
        world.run(&["journal", "init", "--journal", &self.url()]).exits(0);
        self
    }
}

/// Gives a file or folder to the user that PostgreSQL runs as.
fn own(path: &Path) {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if is_root {
        let mut command = Command::new("chown");
        command.arg("-R").arg(format!("{USER}:{USER}")).arg(path);
        succeeds(command);
    }
}

fn append(file: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(file).expect("an open file");
    file.write_all(text.as_bytes()).expect("a written file");
}

/// A certificate for this computer, signed by itself; `root.crt` is what trusts it.
fn certificate(data: &Path) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    fs::write(data.join("server.crt"), made.cert.pem()).expect("a written file");
    fs::write(data.join("server.key"), made.signing_key.serialize_pem()).expect("a written file");
    let folder = data.parent().expect("the server's folder");
    fs::write(folder.join("root.crt"), made.cert.pem()).expect("a written file");
    own(data);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let closed = fs::Permissions::from_mode(0o600);
        fs::set_permissions(data.join("server.key"), closed).expect("rights");
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("rights");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
