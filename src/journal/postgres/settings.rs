//! Which database keeps the journal, and how it is reached: an address as libpq reads them, and for what it leaves out
//! libpq's variables.
//!
//! What is sent in the clear can be read and changed on the way. So a certificate is checked, with the host's name in it,
//! unless the way does not leave this computer or somebody said otherwise.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use crate::journal::error::Place;
use crate::journal::postgres::passfile;

/// The port that PostgreSQL has unless somebody said otherwise.
const PORT: u16 = 5432;
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Where the sockets of this computer lie, on Debian and on whatever keeps to PostgreSQL's own usage.
const SOCKETS: &[&str] = &["/var/run/postgresql", "/tmp"];

/// How a database is reached.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The hosts, the first one first: the first that takes writes is used.
    pub(crate) hosts: Vec<Host>,
    pub(crate) user: String,
    pub(crate) database: String,
    password: Option<SecretString>,
    passfile: Option<PathBuf>,
    /// What was said of TLS.
    mode: Option<Mode>,
    /// The certificates that alone are trusted; else those of the system.
    pub(crate) root: Option<PathBuf>,
    pub(crate) connect: Duration,
}

/// One host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// A name, an address, or the folder of a socket.
    pub(crate) name: String,
    pub(crate) port: u16,
}

/// What is asked of TLS, in libpq's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// None.
    Disable,
    /// Where the server has it.
    Prefer,
    /// With whatever certificate.
    Require,
    /// With one that somebody trusted has signed.
    VerifyCa,
    /// With one that is this host's.
    VerifyFull,
}

/// Why no database is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingsFault {
    /// It is no address of PostgreSQL.
    NotAnAddress,
    /// It has a parameter that is not known here.
    Parameter(String),
    /// A parameter or variable has a value that means nothing.
    Value {
        /// Which.
        name: &'static str,
        /// What it is.
        value: String,
    },
    /// Nobody says as whom.
    NoUser,
}

impl Mode {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "disable" => Self::Disable,
            "allow" | "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    /// Whether it is known who the server is.
    pub(crate) fn is_checked(self) -> bool {
        match self {
            Self::VerifyFull => true,
            Self::Disable | Self::Prefer | Self::Require | Self::VerifyCa => false,
        }
    }
}

impl Host {
    /// Whether it is the folder of a socket.
    pub(crate) fn is_socket(&self) -> bool {
        self.name.starts_with('/')
    }

    /// Whether the way to it does not leave this computer.
    pub(crate) fn is_here(&self) -> bool {
        self.is_socket()
            || self.name.eq_ignore_ascii_case("localhost")
            || self.name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// Never with the password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Settings").field(&self.to_string()).finish()
    }
}

/// The address without the password.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<_> = self.hosts.iter().map(Host::to_string).collect();
        write!(f, "postgres://{}@{}/{}", self.user, hosts.join(","), self.database)
    }
}

impl Settings {
    /// Reads an address, and for what it leaves out the variables. `postgres:` alone leaves out everything.
    ///
    /// # Errors
    ///
    /// When it is no such address, or leaves something open that nothing else tells.
    pub(crate) fn parse(
        address: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsFault> {
        let written = Written::parse(address)?;
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        let or = |value: &Option<String>, name: &str| value.clone().or_else(|| variable(name));
        let user = or(&written.user, "PGUSER").or_else(|| variable(OS_USER)).ok_or(SettingsFault::NoUser)?;
        let mode = match or(&written.mode, "PGSSLMODE") {
            None => None,
            Some(word) => Some(Mode::parse(&word).ok_or(value("sslmode", &word))?),
        };
        let connect = match or(&written.connect, "PGCONNECT_TIMEOUT") {
            None => CONNECT,
            Some(seconds) => match seconds.parse() {
                Ok(0) => CONNECT,
                Ok(seconds) => Duration::from_secs(seconds),
                Err(_) => return Err(value("connect_timeout", &seconds)),
            },
        };
        let home = variable(HOME).map(PathBuf::from);
        let hosts = hosts(or(&written.hosts, "PGHOST"), or(&written.ports, "PGPORT"))?;
        Ok(Self {
            hosts,
            database: or(&written.database, "PGDATABASE").unwrap_or_else(|| user.clone()),
            user,
            password: or(&written.password, "PGPASSWORD").map(SecretString::from),
            passfile: or(&written.passfile, "PGPASSFILE")
                .map(PathBuf::from)
                .or_else(|| home.as_deref().map(|home| home.join(PASSFILE)).filter(|file| file.is_file())),
            mode,
            root: or(&written.root, "PGSSLROOTCERT")
                .map(PathBuf::from)
                .or_else(|| home.map(|home| home.join(ROOT)).filter(|file| file.is_file())),
            connect,
        })
    }

    /// Whether an address has a password in it, where others can read it.
    pub(crate) fn has_password(address: &str) -> bool {
        Written::parse(address).is_ok_and(|written| written.password.is_some())
    }

    /// It as journals are told apart in what people read.
    pub(crate) fn place(&self) -> Place {
        Place::from(self.to_string())
    }

    /// What is asked of TLS on the way to a host.
    pub(crate) fn mode(&self, host: &Host) -> Mode {
        match self.mode {
            _ if host.is_socket() => Mode::Disable,
            Some(mode) => mode,
            None if host.is_here() => Mode::Prefer,
            None => Mode::VerifyFull,
        }
    }

    /// The password for a host, where there is one.
    ///
    /// # Errors
    ///
    /// When the file of passwords cannot be read, or others can read it.
    pub(crate) fn password(&self, host: &Host) -> std::io::Result<Option<SecretString>> {
        match (&self.password, &self.passfile) {
            (Some(password), _) => Ok(Some(password.clone())),
            (None, Some(file)) => {
                // So a socket's host is called in such a file.
                let name = if host.is_socket() { "localhost" } else { &*host.name };
                passfile::find(file, (name, host.port), &self.database, &self.user)
            }
            (None, None) => Ok(None),
        }
    }
}

#[cfg(not(windows))]
const HOME: &str = "HOME";
#[cfg(windows)]
const HOME: &str = "APPDATA";
#[cfg(not(windows))]
const OS_USER: &str = "USER";
#[cfg(windows)]
const OS_USER: &str = "USERNAME";
#[cfg(not(windows))]
const PASSFILE: &str = ".pgpass";
#[cfg(windows)]
const PASSFILE: &str = "postgresql/pgpass.conf";
#[cfg(not(windows))]
const ROOT: &str = ".postgresql/root.crt";
#[cfg(windows)]
const ROOT: &str = "postgresql/root.crt";

/// What stands in an address.
#[derive(Default)]
struct Written {
    user: Option<String>,
    password: Option<String>,
    hosts: Option<String>,
    ports: Option<String>,
    database: Option<String>,
    mode: Option<String>,
    root: Option<String>,
    passfile: Option<String>,
    connect: Option<String>,
}

impl Written {
    fn parse(address: &str) -> Result<Self, SettingsFault> {
        let (scheme, rest) = address.split_once(':').ok_or(SettingsFault::NotAnAddress)?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(SettingsFault::NotAnAddress);
        }
        let mut written = Self::default();
        if rest.is_empty() {
            return Ok(written);
        }
        let rest = rest.strip_prefix("//").ok_or(SettingsFault::NotAnAddress)?;
        let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (who, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = who.split_once(':').map_or((who, None), |(user, word)| (user, Some(word)));
        written.user = filled(user)?;
        written.password = password.map(filled).transpose()?.flatten();
        written.database = filled(database)?;
        written.take_hosts(hosts)?;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or(SettingsFault::NotAnAddress)?;
            *written.parameter(name)? = filled(value)?;
        }
        Ok(written)
    }

    /// Several hosts stand with commas between them, each with its port.
    fn take_hosts(&mut self, hosts: &str) -> Result<(), SettingsFault> {
        if hosts.is_empty() {
            return Ok(());
        }
        let (mut names, mut ports) = (Vec::new(), Vec::new());
        for host in hosts.split(',') {
            let (name, port) = match host.strip_prefix('[') {
                Some(address) => {
                    let (address, rest) = address.split_once(']').ok_or(SettingsFault::NotAnAddress)?;
                    (address, rest.strip_prefix(':'))
                }
                None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
            };
            names.push(decoded(name)?);
            ports.push(port.unwrap_or_default());
        }
        self.hosts = Some(names.join(","));
        self.ports = ports.iter().any(|port| !port.is_empty()).then(|| ports.join(","));
        Ok(())
    }

    fn parameter(&mut self, name: &str) -> Result<&mut Option<String>, SettingsFault> {
        Ok(match name {
            "user" => &mut self.user,
            "password" => &mut self.password,
            "host" => &mut self.hosts,
            "port" => &mut self.ports,
            "dbname" => &mut self.database,
            "sslmode" => &mut self.mode,
            "sslrootcert" => &mut self.root,
            "passfile" => &mut self.passfile,
            "connect_timeout" => &mut self.connect,
            other => return Err(SettingsFault::Parameter(other.to_owned())),
        })
    }
}

/// A part of an address as it is meant; nothing where it is empty.
fn filled(part: &str) -> Result<Option<String>, SettingsFault> {
    Ok(Some(decoded(part)?).filter(|part| !part.is_empty()))
}

fn decoded(part: &str) -> Result<String, SettingsFault> {
    let decoded = percent_decode_str(part).decode_utf8().map_err(|_| SettingsFault::NotAnAddress)?;
    Ok(decoded.into_owned())
}

fn value(name: &'static str, value: &str) -> SettingsFault {
    SettingsFault::Value { name, value: value.to_owned() }
}

/// The hosts of a list, each with the port of the other list at its place, or with the only one there.
fn hosts(names: Option<String>, ports: Option<String>) -> Result<Vec<Host>, SettingsFault> {
    let port = |text: &str| match text {
        "" => Ok(PORT),
        text => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| value("port", text)),
    };
    let names: Vec<String> = match names {
        Some(names) => names.split(',').map(str::to_owned).collect(),
        None => vec![usual()],
    };
    let ports = ports.map(|ports| ports.split(',').map(port).collect::<Result<Vec<u16>, _>>()).transpose()?;
    let ports = ports.unwrap_or_else(|| vec![PORT]);
    if ports.len() > 1 && ports.len() != names.len() {
        return Err(SettingsFault::NotAnAddress);
    }
    let ports = ports.iter().copied().cycle();
    Ok(names.into_iter().zip(ports).map(|(name, port)| Host { name, port }).collect())
}

/// Where PostgreSQL is looked for when nobody says where.
fn usual() -> String {
    let socket = SOCKETS
        .iter()
        .find(|folder| cfg!(unix) && Path::new(folder).join(format!(".s.PGSQL.{PORT}")).exists());
    socket.map_or_else(|| "localhost".to_owned(), |folder| (*folder).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(address: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsFault> {
        Settings::parse(address, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn shown(address: &str, variables: &[(&str, &str)]) -> String {
        parsed(address, variables).map_or_else(|fault| format!("{fault:?}"), |settings| settings.to_string())
    }

    #[test]
    fn an_address_says_all_or_the_variables_say_the_rest() {
        let full = "postgres://anna:se%40cret@db.example.com:6432/wxcast";
        assert_eq!(shown(full, &[]), "postgres://anna@db.example.com:6432/wxcast");
        let variables =
            [("PGHOST", "db1,db2"), ("PGPORT", "5433,5434"), ("PGUSER", "bob"), ("PGDATABASE", "w")];
        assert_eq!(shown("postgres:", &variables), "postgres://bob@db1:5433,db2:5434/w");
        assert_eq!(shown("postgresql://anna@/x", &variables), "postgres://anna@db1:5433,db2:5434/x");
        assert_eq!(shown("postgres://a@[::1]:6000,h/x", &[]), "postgres://a@[::1]:6000,h:5432/x");
        assert_eq!(shown("postgres:///x?host=/tmp/s&port=7&user=a", &[]), "postgres://a@/tmp/s:7/x");
        assert_eq!(shown("postgres://a@h", &[]), "postgres://a@h:5432/a");
    }

    #[test]
    fn what_means_nothing_is_said() {
        assert_eq!(parsed("mysql://h/x", &[]).err(), Some(SettingsFault::NotAnAddress));
        assert_eq!(parsed("postgres:h", &[]).err(), Some(SettingsFault::NotAnAddress));
        assert_eq!(parsed("postgres://h/x", &[]).err(), Some(SettingsFault::NoUser));
        let unknown = SettingsFault::Parameter("sslmod".to_owned());
        assert_eq!(parsed("postgres://a@h/x?sslmod=require", &[]).err(), Some(unknown));
        assert_eq!(parsed("postgres://a@h/x?sslmode=yes", &[]).err(), Some(value("sslmode", "yes")));
        assert_eq!(parsed("postgres://a@h:port/x", &[]).err(), Some(value("port", "port")));
        assert_eq!(parsed("postgres://a@h/x", &[("PGPORT", "0")]).err(), Some(value("port", "0")));
    }

    #[test]
    fn a_certificate_is_checked_unless_the_way_stays_here_or_somebody_said_otherwise() {
        let mode = |address: &str, variables: &[(&str, &str)]| {
            let settings = parsed(address, variables).expect("an address");
            settings.mode(&settings.hosts[0])
        };
        assert_eq!(mode("postgres://a@db/x", &[]), Mode::VerifyFull);
        assert_eq!(mode("postgres://a@10.0.0.1/x", &[]), Mode::VerifyFull);
        assert_eq!(mode("postgres://a@127.0.0.1/x", &[]), Mode::Prefer);
        assert_eq!(mode("postgres://a@localhost/x", &[]), Mode::Prefer);
        assert_eq!(mode("postgres://a@localhost/x?sslmode=verify-full", &[]), Mode::VerifyFull);
        assert_eq!(mode("postgres://a@db/x", &[("PGSSLMODE", "disable")]), Mode::Disable);
        assert_eq!(mode("postgres://a@%2Ftmp/x", &[]), Mode::Disable);
    }

    #[test]
    fn a_password_is_shown_nowhere() {
        let variables = [("PGPASSWORD", "hunter2"), ("PGUSER", "a")];
        for address in ["postgres://a:hunter2@h/x", "postgres://h/x?password=hunter2", "postgres:"] {
            let settings = parsed(address, &variables).expect("an address");
            assert!(!format!("{settings:?} {settings} {}", settings.place()).contains("hunter2"));
        }
        assert!(
            Settings::has_password("postgres://a:b@h/x") && Settings::has_password("postgres://h?password=b")
        );
        assert!(!Settings::has_password("postgres://a@h/x") && !Settings::has_password("postgres:"));
    }
}
