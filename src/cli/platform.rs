//! An account on its platform, ready to be called: hosts, secret, tokens.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Runtime;

use crate::api_base::{ApiBase, ApiBaseError, Destination, Hosts};
use crate::campaign::{Account, Campaign, SecretPlace};
use crate::cli::context::{chosen, environment, variable};
use crate::cli::exit_code::Exit;
use crate::cli::origin::{Origin, SecretOrigin};
use crate::cli::problem::Problem;
use crate::cli::refusal::instead;
use crate::cli::terminal::Terminal;
use crate::clock::Clock;
use crate::diagnostic::render::display;
use crate::diagnostic::unread;
use crate::locale::sentence::Sentence;
use crate::send::dispatcher;
use crate::wechat::certificates::{CERTIFICATES, CertificateFault};
use crate::wechat::client::{Client, SetUpError, Timeouts};
use crate::wechat::proxy::{ProxyTrouble, SCHEMES};
use crate::wechat::token::Tokens;
use crate::wechat::token::cache::{CacheFault, TokenCache};
use crate::wechat::token::shape;
use crate::wechat::token::source::TokenSource;

/// An account on its platform.
#[derive(Debug)]
pub(crate) struct Platform {
    /// What waits for it.
    pub(crate) runtime: Runtime,
    /// What calls it.
    pub(crate) client: Client,
    /// Its tokens.
    pub(crate) tokens: Arc<Tokens>,
    /// Where AppID and AppSecret come from.
    pub(crate) origin: Origin,
}

/// Whose platform it is, whether a campaign says so or the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) account: &'a Account,
    /// The campaign file that names the account, where one does.
    pub(crate) campaign: Option<&'a Path>,
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
    /// The clock that a simulator shares, where one does.
    pub(crate) clock: Option<&'a Clock>,
}

impl<'a> Caller<'a> {
    /// A campaign's account.
    pub(crate) fn of(campaign: &'a Campaign) -> Self {
        Self {
            account: &campaign.account,
            campaign: Some(&campaign.path),
            connect: campaign.send.connect_timeout,
            answer: campaign.send.timeout,
            clock: None,
        }
    }
}

impl Platform {
    /// The platform that campaign and environment name, with the campaign's account.
    ///
    /// # Errors
    ///
    /// When hosts, secret or TLS cannot be used.
    pub(crate) fn open(campaign: &Campaign, state: &Path, terminal: &Terminal) -> Result<Self, Problem> {
        Self::open_for(&Caller::of(campaign), state, terminal)
    }

    /// The same for an account that need not be a campaign's.
    ///
    /// # Errors
    ///
    /// When hosts, secret or TLS cannot be used.
    pub(crate) fn open_for(caller: &Caller<'_>, state: &Path, terminal: &Terminal) -> Result<Self, Problem> {
        let hosts = hosts_of(caller.account)?;
        let (source, secret) = source(caller)?;
        let cache = match source {
            TokenSource::Secret { .. } => cache(&caller.account.appid, state, &hosts, terminal),
            TokenSource::Given(_) | TokenSource::Command { .. } => None,
        };
        let platform = Self::with(caller, hosts, source, secret, cache)?;
        platform.origin.warn(terminal);
        Ok(platform)
    }

    /// A simulator, whose tokens are kept nowhere.
    ///
    /// # Errors
    ///
    /// When there is no runtime or no TLS.
    pub(crate) fn simulated(
        campaign: &Campaign,
        base: ApiBase,
        secret: SecretString,
        clock: &Clock,
    ) -> Result<Self, Problem> {
        let source = TokenSource::Secret { appid: campaign.account.appid.clone(), secret };
        let caller = Caller { clock: Some(clock), ..Caller::of(campaign) };
        Self::with(&caller, base.into(), source, SecretOrigin::Simulator, None)
    }

    fn with(
        caller: &Caller<'_>,
        hosts: Hosts,
        source: TokenSource,
        secret: SecretOrigin,
        cache: Option<TokenCache>,
    ) -> Result<Self, Problem> {
        let clock = caller.clock.map_or_else(Clock::own, Clock::clone);
        let timeouts = Timeouts { connect: caller.connect, answer: caller.answer };
        let is_odd = match &source {
            TokenSource::Secret { secret, .. } => {
                let secret = secret.expose_secret();
                // A simulator takes whatever it is given; the manual gives it its own name.
                let of_manual = hosts.destination() == Destination::Local && secret == "simulator";
                !is_secret(secret) && !of_manual
            }
            TokenSource::Given(_) | TokenSource::Command { .. } => false,
        };
        let host = variable("WXCAST_API_BASE").map(|_| hosts.first().to_string());
        let client = Client::new(hosts, timeouts).map_err(not_set_up)?.with_clock(clock);
        if let TokenSource::Command { .. } = &source {
            // The program has this environment, and may say what is in it.
            let known = ["WXCAST_APPSECRET", "WXCAST_ACCESS_TOKEN"].into_iter().filter_map(variable);
            known.for_each(|secret| client.hidden().add(&SecretString::from(secret)));
        }
        let tokens = Arc::new(Tokens::new(client.clone(), source, cache));
        let origin = Origin {
            appid: caller.account.appid.clone(),
            appid_from_environment: environment().appid.is_some(),
            campaign: caller.campaign.map(Path::to_owned),
            secret,
            is_odd,
            host,
        };
        Ok(Self { runtime: runtime()?, client, tokens, origin })
    }
}

/// The runtime.
///
/// # Errors
///
/// When the system has none.
pub(crate) fn runtime() -> Result<Runtime, Problem> {
    dispatcher::runtime().map_err(|error| Problem::new(Exit::Internal, "no-runtime").because(error))
}

/// What is wrong with a proxy's address, and how to write it, as a sentence.
pub(crate) fn proxy_trouble(why: &ProxyTrouble) -> Sentence {
    let part = |key: &str| Sentence::new(format!("proxy.{key}"));
    match why {
        ProxyTrouble::Quotes => part("quotes"),
        ProxyTrouble::Blank => part("blank"),
        ProxyTrouble::FullWidth => part("full-width"),
        ProxyTrouble::Backslash => part("backslash"),
        ProxyTrouble::NotAnAddress => part("no-address"),
        ProxyTrouble::Scheme(scheme) => {
            part("scheme").with("scheme", scheme).with("known", SCHEMES.join(", "))
        }
    }
}

fn not_set_up(error: SetUpError) -> Problem {
    match error {
        SetUpError::Proxy(fault) => Problem::new(Exit::Account, "bad-proxy")
            .with("variable", fault.variable)
            .with("why", proxy_trouble(&fault.why)),
        SetUpError::Tls(reason) => Problem::new(Exit::Account, "no-tls").because(reason),
        SetUpError::Certificates(CertificateFault { file, reason }) => {
            Problem::new(Exit::Account, "bad-certificates")
                .with("variable", CERTIFICATES)
                .with("file", display(&file))
                .because(reason)
        }
    }
}

/// Where the platform is. What the environment names stands alone: the campaign's other hosts stand in for the
/// campaign's own, and a simulator must never fail over to people's phones.
///
/// # Errors
///
/// When WXCAST_API_BASE is no address.
pub(crate) fn hosts(campaign: &Campaign) -> Result<Hosts, Problem> {
    hosts_of(&campaign.account)
}

/// The same for an account that need not be a campaign's.
///
/// # Errors
///
/// When WXCAST_API_BASE is no address.
pub(crate) fn hosts_of(account: &Account) -> Result<Hosts, Problem> {
    chosen(&account.hosts).map_err(|error| {
        let reason = match error {
            ApiBaseError::NotAnAddress => "reason.no-address",
            ApiBaseError::PlainHttp => "reason.plain-http",
            ApiBaseError::Query => "reason.address-query",
        };
        Problem::new(Exit::Usage, "bad-api-base").with("reason", Sentence::new(reason))
    })
}

/// The file that keeps an account's token, in its folder.
const TOKEN: &str = "token.json";

/// The token that is kept for the account. What is wrong with it is a note: a token is fetched instead.
fn cache(appid: &str, state: &Path, hosts: &Hosts, terminal: &Terminal) -> Option<TokenCache> {
    let cache = TokenCache::new(state.join(TOKEN), appid, &hosts.first().to_string());
    let file = display(cache.path());
    match cache.look() {
        Ok(()) => {}
        Err(CacheFault::Open) => terminal.say("token-cache.open", &[("file", &file)]),
        Err(CacheFault::Foreign) => terminal.say("token-cache.foreign", &[("file", &file)]),
        Err(CacheFault::Unreadable(error)) => {
            terminal.say("token-cache.unreadable", &[("file", &file), ("reason", &error)]);
        }
    }
    Some(cache)
}

fn source(caller: &Caller<'_>) -> Result<(TokenSource, SecretOrigin), Problem> {
    if let Some(token) = variable("WXCAST_ACCESS_TOKEN") {
        let token = shape::token(&token).map_err(|what| {
            Problem::new(Exit::Account, "bad-token")
                .with("variable", "WXCAST_ACCESS_TOKEN")
                .with("what", instead(&what))
        })?;
        return Ok((TokenSource::Given(SecretString::from(token)), SecretOrigin::Given));
    }
    let (secret, origin) = match &caller.account.secret {
        SecretPlace::TokenCommand(command) => {
            let (command, timeout) = (from_campaign(command, caller.campaign), caller.answer);
            return Ok((TokenSource::Command { command, timeout }, SecretOrigin::Command));
        }
        SecretPlace::Environment(name) => {
            let secret = variable(name)
                .ok_or_else(|| Problem::new(Exit::Account, "no-secret").with("variable", name))?;
            (secret, SecretOrigin::Variable(name.clone()))
        }
        SecretPlace::File(path) => (secret_file(path)?, SecretOrigin::File(path.clone())),
    };
    let secret = SecretString::from(shape::trimmed(&secret));
    Ok((TokenSource::Secret { appid: caller.account.appid.clone(), secret }, origin))
}

/// A program with a folder before its name is where the campaign says, as all its paths; one without is looked for where
/// programs are.
pub(crate) fn from_campaign(command: &[String], campaign: Option<&Path>) -> Vec<OsString> {
    let mut command: Vec<OsString> = command.iter().map(OsString::from).collect();
    if let Some(program) = command.first_mut().filter(|program| Path::new(program).components().count() > 1) {
        let folder = campaign.and_then(Path::parent).unwrap_or(Path::new(""));
        *program = folder.join(&*program).into_os_string();
    }
    command
}

/// Whether it looks like an AppSecret: 32 hexadecimal digits.
fn is_secret(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What people hand a secret over by on purpose, `<(pass show …)` or `/dev/stdin`.
const HANDED_OVER: [&str; 3] = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];

fn secret_file(path: &Path) -> Result<String, Problem> {
    let problem = || Problem::new(Exit::Account, "secret-file").with("file", display(path));
    let unreadable = |error: std::io::Error| problem().because(error);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Problem::new(Exit::Account, "secret-file-open").with("file", display(path)));
        }
    }
    let handed_over = HANDED_OVER.iter().any(|place| path.starts_with(place));
    let secret = if handed_over {
        std::fs::read_to_string(path)
    } else {
        unread::read(path).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
    };
    match secret.map_err(unreadable)? {
        secret if shape::trimmed(&secret).is_empty() => {
            Err(problem().with("reason", Sentence::new("reason.empty-file")))
        }
        secret => Ok(secret),
    }
}
