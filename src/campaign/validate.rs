//! From the campaign file to a [`Campaign`], or every fault at once.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use regex::{Regex, RegexBuilder};
use serde::Deserialize as _;
use toml::de::DeTable;

use crate::api_base::{API_BASE, API_BASE_2, ApiBase, Destination, Hosts};
use crate::audience::Source;
use crate::audience::column::ColumnRules;
use crate::audience::fence::Fence;
use crate::audience::lists::{self, List, Lists, Membership};
use crate::audience::wishes::{ColumnFormat, Pattern};
use crate::audience::workbook::cache::Cache;
use crate::audience::workbook::is_named_so;
use crate::campaign::file::{
    AccountTable, AudienceTable, CampaignFile, ColumnTable, InvalidRows, OneOrMany, Order, ResultsLanguage,
    ResultsTable, SendTable, WindowTable,
};
use crate::campaign::hours::{Days, Hours, Span};
use crate::campaign::rate::Rate;
use crate::campaign::share::Share;
use crate::campaign::template::{Broken, Template};
use crate::campaign::window::Window;
use crate::campaign::{
    Account, Audience, Campaign, CampaignId, Results, SecretPlace, SendSettings, duration, moment, shape,
};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::render::Sources;
use crate::diagnostic::value::Value;
use crate::locale::Language;
use crate::locale::visible::{one_line, steers};
use crate::message::appid::is_appid;
use crate::message::body::{Body, Envelope};
use crate::message::field::Rules;
use crate::message::slot::Slot;
use crate::message::{AccountKind, KINDS, Kind, MessageFile};

/// What the command line and the environment say before the campaign file does.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// WXCAST_APPID.
    pub(crate) appid: Option<String>,
    /// `--rate`.
    pub(crate) rate: Option<Rate>,
    /// `--concurrency`.
    pub(crate) concurrency: Option<usize>,
    /// Where messages go, where something else than the campaign says so.
    pub(crate) destination: Option<Destination>,
    /// `--results`.
    pub(crate) results: Option<PathBuf>,
}

/// What a campaign file says of itself, sound or not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Its id, where it is one.
    pub(crate) id: Option<String>,
    /// Which time it is sent.
    pub(crate) wave: Option<u32>,
    /// The account.
    pub(crate) appid: Option<String>,
    /// The message kind, where there is exactly one.
    pub(crate) kind: Option<Kind>,
}

impl Known {
    fn of(file: &CampaignFile, overrides: &Overrides) -> Self {
        let tables = file.message.tables();
        Self {
            id: file.campaign.id.clone().filter(|id| CampaignId::parse(id).is_some()),
            wave: Some(file.campaign.wave.unwrap_or(1)),
            appid: appid_of(overrides, &file.account),
            kind: match tables.as_slice() {
                [(kind, _)] => Some(*kind),
                _ => None,
            },
        }
    }
}

/// What a campaign file gave: the campaign where it is sound, as much of it as is needed to go on looking for
/// faults where it is not, and every fault.
#[derive(Debug)]
pub struct Validated {
    /// The campaign, where nothing forbids it.
    pub campaign: Option<Campaign>,
    /// What it says of itself; nothing where it is no TOML.
    pub(crate) known: Known,
    /// The audience and the templates, so far as they are sound, so that the audience is judged in the same run.
    pub(crate) audience: Option<Audience>,
    /// The texts of the message with as much of their templates as is sound.
    pub(crate) texts: Vec<(Slot, Template)>,
    /// Every fault, in the order of the file's tables.
    pub faults: Vec<Diagnostic>,
    /// The files that places point into.
    pub(crate) sources: Sources,
    /// What may be read of the files that the campaign names, where that is not everything.
    pub(crate) fence: Option<Fence>,
}

/// Parses and validates the text of the campaign file at `path`.
pub fn validate(path: &Path, text: &str, overrides: &Overrides) -> Validated {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut shape = shape::hold(table.get_ref());
    let mut faults: Vec<Diagnostic> = errors.iter().map(|error| syntax(text, error)).collect();
    // After a syntax error the rest of the file may be read wrongly; what the walk finds there would mislead.
    if faults.is_empty() {
        faults.append(&mut shape.faults);
    }
    let mut broken = !errors.is_empty();
    if broken {
        shape.secrets.extend(shape::secret_spans(text));
    }
    let file = CampaignFile::deserialize(toml::Value::Table(shape.fitting)).unwrap_or_else(|error| {
        // An empty campaign would be judged in its place, and its faults are not those of the file.
        if faults.is_empty() {
            let fault = Diagnostic::new(Code::TomlSyntax, Place::Campaign);
            faults.push(fault.with("reason", Value::reason(error.message())));
        }
        broken = true;
        CampaignFile::default()
    });
    let mut check = Check {
        path,
        dir: path.parent().unwrap_or(Path::new("")),
        faults,
        misfits: Vec::new(),
        secrets: Vec::new(),
    };
    check.misfits = check.faults.iter().filter_map(|fault| fault.at.field().cloned()).collect();
    let mut validated = if broken { None } else { Some(check.file(path, &file, overrides)) };
    let mut sources = Sources {
        campaign: path.to_owned(),
        campaign_text: text.to_owned(),
        secrets: shape.secrets,
        audience: file.audience.file.as_ref().map(|file| check.dir.join(file)),
        sheet: None,
    };
    check.secrets.iter().for_each(|at| sources.hide(at));
    let sound = !check.faults.iter().any(Diagnostic::is_error);
    let campaign = validated.as_mut().and_then(|parts| parts.campaign.take()).filter(|_| sound);
    let (audience, texts) = validated.map(|parts| (parts.audience, parts.texts)).unwrap_or_default();
    check.keep_to_limit();
    // People mend a file from top to bottom.
    check.faults.sort_by_cached_key(|fault| {
        let position = sources.position(&fault.at);
        (position.line, position.column)
    });
    let known = if broken { Known::default() } else { Known::of(&file, overrides) };
    Validated { campaign, known, audience, texts, faults: check.faults, sources, fence: None }
}

fn syntax(text: &str, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..text.len().min(1));
    Diagnostic::new(Code::TomlSyntax, Place::CampaignSpan(span))
        .with("reason", Value::reason(error.message()))
}

/// The AppID of the environment, else of the file, without blanks and marks around it: they come with pasting, and with
/// them it would be another account.
fn appid_of(overrides: &Overrides, account: &AccountTable) -> Option<String> {
    let given = overrides.appid.as_ref().or(account.appid.as_ref())?;
    let appid = given.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    Some(appid.to_owned()).filter(|appid| !appid.is_empty())
}

/// The most faults of a campaign file that are told one by one.
const MOST_FAULTS: usize = 200;
/// The most columns that can have rules. A workbook has no more than 16,384 columns, and nobody writes rules for all.
const MOST_COLUMNS: usize = 500;
/// The most memory that one compiled pattern may take, in bytes: rules for all columns then fit into 125 MB.
const LARGEST_PATTERN: usize = 256 * 1024;
/// What a pattern may be, for people.
const PATTERNS: &str = "regex, <= 256 KiB";

/// Compiles a pattern, unless it grows too large: `\\pL{1000}` is short and takes megabytes.
fn pattern_of(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN).build()
}

#[derive(Default)]
struct Parts {
    campaign: Option<Campaign>,
    audience: Option<Audience>,
    texts: Vec<(Slot, Template)>,
}

/// The message tables of a file: the one message with its templates where it is sound, and every text with as
/// much of its template as is sound.
#[derive(Default)]
struct Messages {
    body: Option<Body>,
    templates: Option<Vec<Template>>,
    texts: Vec<(Slot, Template)>,
}

struct Check<'a> {
    path: &'a Path,
    dir: &'a Path,
    faults: Vec<Diagnostic>,
    /// Fields that are there but did not fit: they are not missing.
    misfits: Vec<FieldPath>,
    /// Fields that may hold a secret where none belongs.
    secrets: Vec<FieldPath>,
}

impl Check<'_> {
    fn file(&mut self, path: &Path, file: &CampaignFile, overrides: &Overrides) -> Parts {
        let id = self.id(file);
        let account = self.account(&file.account, overrides);
        let audience = self.audience(&file.audience, file.account.kind.unwrap_or_default());
        let message = self.message(&file.message, &file.account);
        let has_window = file.audience.window.is_some();
        let send = self.send(&file.send, overrides, has_window);
        let wave = file.campaign.wave.unwrap_or(1);
        let destination =
            overrides.destination.or(account.as_ref().map(|account| account.hosts.destination()));
        let name = id.as_ref().map(|id| default_results(id, wave, destination));
        let results = self.results(&file.results, audience.as_ref(), name, overrides);
        let mut parts = Parts { audience: audience.clone(), ..Parts::default() };
        parts.texts = message.texts;
        parts.campaign = (|| {
            Some(Campaign {
                path: path.to_owned(),
                id: id?,
                title: file.campaign.title.as_deref().map(|title| one_line(title).into_owned()),
                wave,
                account: account?,
                audience: audience?,
                body: message.body?,
                templates: message.templates?,
                send: send?,
                results: results?,
            })
        })();
        parts
    }

    /// A file with thousands of faults is told some of them: each is looked up in the whole file.
    fn keep_to_limit(&mut self) {
        if self.faults.len() > MOST_FAULTS {
            let more = self.faults.len() - MOST_FAULTS;
            self.faults.truncate(MOST_FAULTS);
            self.push(Diagnostic::new(Code::TooManyFaults, Place::Campaign).with("count", more));
        }
    }

    fn id(&mut self, file: &CampaignFile) -> Option<CampaignId> {
        let at = FieldPath::of("campaign.id");
        let text = self.required(file.campaign.id.as_ref(), &at)?;
        let id = CampaignId::parse(text);
        if id.is_none() {
            self.bad(&at, text, "a-z 0-9 -");
        }
        id
    }

    fn account(&mut self, account: &AccountTable, overrides: &Overrides) -> Option<Account> {
        let at = FieldPath::of("account.appid");
        let given = appid_of(overrides, account);
        let appid = self.required(given.as_ref(), &at);
        // What the environment says is no fault of a line of the file.
        let place = if overrides.appid.is_some() { Place::Campaign } else { Place::Field(at) };
        if let Some(appid) = appid.filter(|appid| !is_appid(appid)) {
            let is_sound = appid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            // It decides who was sent what: in quotation marks it would be another account.
            let field = if overrides.appid.is_some() { "WXCAST_APPID" } else { "account.appid" };
            self.push(if is_sound {
                Diagnostic::new(Code::OddAppid, place).with("appid", appid)
            } else {
                let fault = Diagnostic::new(Code::BadValue, place).with("field", field);
                fault.with("value", appid).with("expected", "wx0123456789abcdef")
            });
        }
        if let Some(kf) = account.kf_account.as_ref().filter(|kf| !is_kf_account(kf)) {
            let at = FieldPath::of("account.kf_account");
            self.push(Diagnostic::new(Code::OddKfAccount, Place::Field(at)).with("kf_account", kf));
        }
        if let Some(text) = account.kf_account.as_ref().filter(|text| text.contains(steers)) {
            self.bad(&FieldPath::of("account.kf_account"), text, "a-z A-Z 0-9 _ @");
        }
        let secret = self.secret(account);
        let hosts = self.hosts(account);
        Some(Account {
            appid: appid?.clone(),
            kind: account.kind.unwrap_or_default(),
            kf_account: account.kf_account.clone(),
            secret: secret?,
            hosts: hosts?,
        })
    }

    fn hosts(&mut self, account: &AccountTable) -> Option<Hosts> {
        let first = match &account.api_base {
            None => ApiBase::parse(API_BASE).ok(),
            Some(text) => self.host(text, &FieldPath::of("account.api_base")),
        };
        let at = FieldPath::of("account.failover_hosts");
        let others: Vec<Option<ApiBase>> = match (&account.failover_hosts, &account.api_base) {
            (Some(hosts), _) => {
                let hosts = hosts.iter().enumerate();
                hosts.map(|(index, text)| self.host(text, &at.index(index))).collect()
            }
            (None, None) => vec![ApiBase::parse(API_BASE_2).ok()],
            (None, Some(_)) => Vec::new(),
        };
        let (first, others) = (first?, others.into_iter().collect::<Option<Vec<_>>>()?);
        let hosts = Hosts::new(first, others);
        if hosts.is_none() {
            self.push(Diagnostic::new(Code::MixedHosts, Place::Field(at)));
        }
        hosts
    }

    fn host(&mut self, text: &str, at: &FieldPath) -> Option<ApiBase> {
        let host = ApiBase::parse(text).ok();
        match host {
            None => {
                self.bad(at, text, "https://HOST, https://HOST/PATH, http://127.0.0.1:PORT");
                None
            }
            Some(host) if host.has_password() => {
                let place = Place::Key(at.clone());
                self.push(Diagnostic::new(Code::SecretInCampaign, place).with("key", at));
                None
            }
            Some(host) => Some(host),
        }
    }

    fn secret(&mut self, account: &AccountTable) -> Option<SecretPlace> {
        if let Some(command) = &account.token_command {
            if command.first().is_none_or(|program| program.trim().is_empty()) {
                let at = FieldPath::of("account.token_command");
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                return None;
            }
            return Some(SecretPlace::TokenCommand(command.clone()));
        }
        if let Some(file) = &account.secret_file {
            if account.secret_env.is_some() {
                self.bad(&FieldPath::of("account.secret_file"), "secret_file", "secret_env | secret_file");
            }
            return Some(SecretPlace::File(self.dir.join(file)));
        }
        let Some(name) = &account.secret_env else {
            return Some(SecretPlace::Environment("WXCAST_APPSECRET".to_owned()));
        };
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !name.is_empty() && name.chars().all(allowed) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(SecretPlace::Environment(name.clone()));
        }
        // Whatever it is, it may be the secret itself: its text is not repeated.
        let at = FieldPath::of("account.secret_env");
        self.secrets.push(at.clone());
        self.push(
            Diagnostic::new(Code::BadValue, Place::Key(at.clone()))
                .with("field", at)
                .with("value", "…")
                .with("expected", "A-Z 0-9 _"),
        );
        None
    }

    fn audience(&mut self, audience: &AudienceTable, kind: AccountKind) -> Option<Audience> {
        let file = self.required(audience.file.as_ref(), &FieldPath::of("audience.file"));
        let encoding = self.encoding(audience.encoding.as_deref());
        let delimiter = self.delimiter(audience.delimiter.as_deref());
        if audience.columns.len() > MOST_COLUMNS {
            let at = FieldPath::of("audience.columns");
            self.bad(&at, &audience.columns.len().to_string(), &format!("1 … {MOST_COLUMNS}"));
            return None;
        }
        let columns =
            audience.columns.iter().map(|(name, rules)| (name.clone(), self.column(name, rules))).collect();
        let openid_column = audience.openid.clone().unwrap_or_else(|| "openid".to_owned());
        let source = Source {
            path: self.dir.join(file?),
            encoding: encoding?,
            delimiter: delimiter?,
            sheet: audience.sheet.clone(),
            openid: openid_column.clone(),
            header_row: self.header_row(audience.header_row),
            hidden_rows: audience.hidden_rows.unwrap_or_default(),
            formats: self.formats(audience),
            cache: Cache::default(),
        };
        let lists = self.lists(audience, &source);
        let window = match &audience.window {
            Some(table) => Some(self.window(table, kind)?),
            None => None,
        };
        let source = Source { formats: exact_times(source.formats.clone(), window.as_ref()), ..source };
        Some(Audience {
            source,
            openid_column,
            duplicates: audience.duplicates.unwrap_or_default(),
            invalid_rows: audience.invalid_rows.unwrap_or_default(),
            columns,
            lists: Lists::new(lists?),
            window,
        })
    }

    fn window(&mut self, table: &WindowTable, kind: AccountKind) -> Option<Window> {
        let at = FieldPath::of("audience.window");
        let column = self.required(table.column.as_ref(), &at.key("column"));
        let zone = self.zone(table.zone.as_deref(), &at.key("zone"));
        let length = |check: &mut Self, key: &str, text: Option<&String>| -> Option<Option<SignedDuration>> {
            let Some(text) = text else { return Some(None) };
            let nothing = matches!(text.trim(), "0" | "0s" | "0m" | "0h");
            let length = if nothing { Some(Duration::ZERO) } else { duration::parse(text) };
            let length = length.and_then(|length| SignedDuration::try_from(length).ok());
            if length.is_none() {
                check.bad(&at.key(key), text, "10m, 48h");
            }
            length.map(Some)
        };
        let margin = length(self, "margin", table.margin.as_ref());
        let lasts = length(self, "length", table.length.as_ref());
        let format = table.format.as_ref().filter(|format| *format != "auto");
        if let Some(format) = format.filter(|format| !reads_a_date(format)) {
            self.bad(&at.key("format"), format, "auto, %d/%m/%Y %H:%M, %Y%m%d%H%M%S");
            return None;
        }
        Some(Window {
            column: column?.clone(),
            event: table.event.clone(),
            used: table.used.clone(),
            zone: zone?,
            format: format.cloned(),
            missing: table.missing.unwrap_or_default(),
            margin: margin?.unwrap_or(SignedDuration::from_mins(10)),
            length: lasts?,
            messages: table.messages,
            kind,
            pay: table.pay.unwrap_or_default(),
        })
    }

    /// A zone by its name, the usual one where none is named.
    fn zone(&mut self, name: Option<&str>, at: &FieldPath) -> Option<TimeZone> {
        let Some(name) = name else { return Some(moment::usual_zone()) };
        let zone = moment::zone(name);
        if zone.is_none() {
            self.bad(at, name, "Asia/Shanghai, Europe/Berlin, UTC");
        }
        zone
    }

    /// The other files of people. They are read as the audience is, but for what only fits one file.
    fn lists(&mut self, audience: &AudienceTable, like: &Source) -> Option<Vec<List>> {
        let mut lists = Vec::new();
        for (key, membership, names) in
            [("exclude", Membership::Exclude, &audience.exclude), ("only", Membership::Only, &audience.only)]
        {
            let at = FieldPath::of("audience").key(key);
            // Nobody could get anything, which nobody asks for.
            if membership == Membership::Only && names.as_ref().is_some_and(Vec::is_empty) {
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                return None;
            }
            for (index, name) in names.iter().flatten().enumerate() {
                let (file, sheet) = lists::parts(name);
                if file.trim().is_empty() {
                    self.bad(&at.index(index), name, "….csv, ….xlsx, ….xlsx#…");
                    return None;
                }
                let source = Source {
                    path: self.dir.join(file),
                    sheet: sheet.map(str::to_owned),
                    openid: like.openid.clone(),
                    hidden_rows: like.hidden_rows,
                    ..Source::default()
                };
                let skips_faulty = audience.invalid_rows == Some(InvalidRows::Skip);
                lists.push(List {
                    membership,
                    name: name.clone(),
                    at: at.index(index),
                    source,
                    skips_faulty,
                });
            }
        }
        Some(lists)
    }

    /// The row of the columns' names. One that no sheet has is a fault.
    fn header_row(&mut self, row: Option<u32>) -> Option<u32> {
        let row = row?;
        if (1..=1_048_576).contains(&row) {
            return Some(row);
        }
        self.bad(&FieldPath::of("audience.header_row"), &row.to_string(), "1, 2, 3 …");
        None
    }

    /// How the cells of columns are written. A pattern that cannot be written is a fault.
    fn formats(&mut self, audience: &AudienceTable) -> Vec<(String, ColumnFormat)> {
        let mut formats = Vec::new();
        for (name, rules) in &audience.columns {
            let Some(format) = &rules.format else { continue };
            let format = match format.as_str() {
                "shown" => ColumnFormat::Shown,
                "value" => ColumnFormat::Value,
                pattern => match Pattern::new(pattern) {
                    Some(pattern) => ColumnFormat::Date(pattern),
                    None => {
                        let at = FieldPath::of("audience.columns").key(name).key("format");
                        self.bad(&at, pattern, "shown, value, yyyy-mm-dd, m月d日, h:mm, %Y-%m-%d");
                        continue;
                    }
                },
            };
            formats.push((name.clone(), format));
        }
        formats
    }

    fn encoding(&mut self, name: Option<&str>) -> Option<Option<&'static encoding_rs::Encoding>> {
        match name {
            None | Some("auto") => Some(None),
            Some(name) => match encoding_rs::Encoding::for_label(name.as_bytes()) {
                Some(encoding) => Some(Some(encoding)),
                None => {
                    self.bad(
                        &FieldPath::of("audience.encoding"),
                        name,
                        "auto, utf-8, gb18030, utf-16le, utf-16be",
                    );
                    None
                }
            },
        }
    }

    fn delimiter(&mut self, given: Option<&str>) -> Option<Option<u8>> {
        match given {
            None | Some("auto") => Some(None),
            Some("tab" | "\\t") => Some(Some(b'\t')),
            Some(text) => match text.as_bytes() {
                [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Some(Some(*byte)),
                _ => {
                    self.bad(&FieldPath::of("audience.delimiter"), text, "auto , ; tab");
                    None
                }
            },
        }
    }

    fn column(&mut self, name: &str, rules: &ColumnTable) -> ColumnRules {
        let at = FieldPath::of("audience.columns").key(name);
        let pattern = rules.pattern.as_ref().and_then(|pattern| match pattern_of(pattern) {
            Ok(regex) => Some(regex),
            Err(_) => {
                self.bad(&at.key("pattern"), pattern, PATTERNS);
                None
            }
        });
        if rules.one_of.as_ref().is_some_and(Vec::is_empty) {
            let at = at.key("one_of");
            self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
        }
        ColumnRules {
            required: rules.required.unwrap_or_default(),
            default: rules.default.clone(),
            max_chars: rules.max_chars.map(|max| usize::try_from(max).unwrap_or(usize::MAX)),
            pattern,
            one_of: rules.one_of.clone(),
        }
    }

    fn message(&mut self, message: &MessageFile, account: &AccountTable) -> Messages {
        let at = FieldPath::of("message");
        let tables = message.tables();
        if tables.is_empty() && !self.is_misfit_below(&at) {
            let kinds = KINDS.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
            self.push(Diagnostic::new(Code::NoMessage, Place::Field(at.clone())).with("kinds", kinds));
        }
        for (kind, _) in tables.iter().skip(1) {
            let fault = Diagnostic::new(Code::SeveralMessages, Place::Key(at.key(kind.name())));
            self.push(fault.with("kind", kind.name()).with("first", tables[0].0.name()));
        }
        let envelope = Envelope {
            kf_account: account.kf_account.clone(),
            ai_generated: account.ai_generated.unwrap_or_default(),
        };
        let mut found = Messages::default();
        for (kind, table) in &tables {
            let account = account.kind.unwrap_or_default();
            let (body, slots, faults) = Body::compile(*kind, *table, account, &envelope);
            for fault in faults {
                let misfit = fault.at.field().is_some_and(|at| self.misfits.contains(at));
                if !(fault.code == Code::MissingKey && misfit) {
                    self.push(fault);
                }
            }
            let compiled: Vec<_> = slots.iter().map(|slot| Template::compile(&slot.source)).collect();
            found.templates = compiled.iter().map(|one| one.as_ref().ok().cloned()).collect();
            found.body = body.filter(|_| tables.len() == 1);
            found.texts.extend(slots.into_iter().zip(compiled).map(|(slot, one)| self.text(slot, one)));
        }
        found
    }

    fn text(&mut self, mut slot: Slot, compiled: Result<Template, Broken>) -> (Slot, Template) {
        match compiled {
            Ok(template) => (slot, template),
            Err(Broken { faults, rest }) => {
                for fault in faults {
                    self.push(fault.diagnostic(&slot.at));
                }
                // What is left is not the text any more.
                slot.rules = Rules::OPTIONAL;
                (slot, *rest)
            }
        }
    }

    fn send(&mut self, send: &SendTable, overrides: &Overrides, has_window: bool) -> Option<SendSettings> {
        let rates = match overrides.rate {
            Some(rate) => Some(vec![rate]),
            None => self.rates(send.rate.as_ref(), "send.rate"),
        };
        let upload_rates = match &send.upload_rate {
            None => rates.clone(),
            given => self.rates(given.as_ref(), "send.upload_rate"),
        };
        let timeout = self.length(send.timeout.as_deref(), "send.timeout", 30);
        let connect_timeout = self.length(send.connect_timeout.as_deref(), "send.connect_timeout", 5);
        let hours = self.hours(send);
        let order = send.order.unwrap_or(if has_window { Order::Deadline } else { Order::File });
        if order == Order::Deadline && !has_window {
            self.bad(&FieldPath::of("send.order"), "deadline", "file | [audience.window]");
        }
        let max_refused = self.share(send.stop.max_refused.as_deref());
        let concurrency =
            send.concurrency.map_or(16, |n| usize::try_from(n).expect("the schema allows no more than fits"));
        Some(SendSettings {
            rates: rates?,
            upload_rates: upload_rates?,
            concurrency: overrides.concurrency.unwrap_or(concurrency),
            timeout: timeout?,
            connect_timeout: connect_timeout?,
            retries: send.retries.unwrap_or(3),
            on_unknown: send.on_unknown.unwrap_or_default(),
            max_refused: max_refused?,
            max_unknown: Some(send.stop.max_unknown.unwrap_or(3)).filter(|max| *max > 0),
            hours: hours?,
            order,
        })
    }

    fn hours(&mut self, send: &SendTable) -> Option<Hours> {
        let at = FieldPath::of("send");
        let zone = self.zone(send.zone.as_deref(), &at.key("zone"));
        let spans =
            self.each(send.hours.as_deref(), &at.key("hours"), "09:00-12:00, 22:00-02:00", Span::parse);
        let days = self.each(send.days.as_deref(), &at.key("days"), "mon-fri, sat", |text| {
            let mut days = Days::NONE;
            days.add(text).then_some(days)
        });
        let usual = moment::usual_zone();
        let mut time = |key: &str, given: &Option<String>| {
            let text = given.as_ref()?;
            let time = moment::parse(text, zone.as_ref().unwrap_or(&usual));
            if time.is_none() {
                self.bad(&at.key(key), text, "2026-11-26 10:00, 2026-11-26T10:00:00+08:00");
            }
            time
        };
        let (not_before, not_after) =
            (time("not_before", &send.not_before), time("not_after", &send.not_after));
        if let (Some(first), Some(last)) = (not_before, not_after)
            && first >= last
        {
            let text = send.not_after.as_deref().unwrap_or_default();
            self.bad(&at.key("not_after"), text, "> send.not_before");
        }
        let days = match days? {
            days if days.is_empty() => Days::ALL,
            days => days.into_iter().fold(Days::NONE, Days::or),
        };
        let outside = send.outside.unwrap_or_default();
        Some(Hours { spans: spans?, days, zone: zone?, not_before, not_after, outside })
    }

    /// Reads every entry of a list that may be left out; nothing where one cannot be read.
    fn each<T>(
        &mut self,
        given: Option<&[String]>,
        at: &FieldPath,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(given) = given else { return Some(Vec::new()) };
        if given.is_empty() {
            self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
            return None;
        }
        let mut all = Vec::new();
        for (index, text) in given.iter().enumerate() {
            match read(text) {
                Some(one) => all.push(one),
                None => self.bad(&at.index(index), text, expected),
            }
        }
        (all.len() == given.len()).then_some(all)
    }

    fn rates(&mut self, given: Option<&OneOrMany>, field: &str) -> Option<Vec<Rate>> {
        let at = FieldPath::of(field);
        let texts: Vec<(FieldPath, &String)> = match given {
            None => return Some(vec![Rate::usual()]),
            Some(OneOrMany::One(text)) => vec![(at, text)],
            Some(OneOrMany::Many(texts)) if texts.is_empty() => {
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                return None;
            }
            Some(OneOrMany::Many(texts)) => {
                texts.iter().enumerate().map(|(index, text)| (at.index(index), text)).collect()
            }
        };
        let mut rates = Vec::new();
        let mut sound = true;
        for (at, text) in texts {
            match text.parse() {
                Ok(rate) => rates.push(rate),
                Err(_) => {
                    sound = false;
                    self.bad(&at, text, "20/s, 1000/min, 5000/h");
                }
            }
        }
        sound.then_some(rates)
    }

    fn length(&mut self, given: Option<&str>, field: &str, usual: u64) -> Option<Duration> {
        let Some(text) = given else { return Some(Duration::from_secs(usual)) };
        let length = duration::parse(text);
        if length.is_none() {
            self.bad(&FieldPath::of(field), text, "30s, 1m 30s, 500ms");
        }
        length
    }

    fn share(&mut self, given: Option<&str>) -> Option<Share> {
        let Some(text) = given else { return Some(Share::percent(30)) };
        let share = Share::parse(text);
        if share.is_none() {
            self.bad(&FieldPath::of("send.stop.max_refused"), text, "0% … 100%");
        }
        share
    }

    fn results(
        &mut self,
        results: &ResultsTable,
        audience: Option<&Audience>,
        name: Option<String>,
        overrides: &Overrides,
    ) -> Option<Results> {
        let language = match results.language.unwrap_or_default() {
            ResultsLanguage::En => Language::En,
            ResultsLanguage::ZhCn => Language::ZhCn,
        };
        let audience = audience?;
        let path = match (&overrides.results, &results.file) {
            (Some(path), _) => path.clone(),
            (None, Some(file)) => self.dir.join(file),
            (None, None) => self.dir.join(name?),
        };
        let results = Results { path, language, split: results.split.unwrap_or_default() };
        if is_named_so(&results.path) && !results.is_workbook() {
            let name = results.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.bad(&FieldPath::of("results.file"), &name, "….csv, ….xlsx");
        }
        let lists = audience.lists.all().iter().map(|list| list.source.path.as_path());
        let reads = [audience.source.path.as_path(), self.path].into_iter().chain(lists);
        // A file that a flag names is no fault of the campaign: whoever would write it says so.
        for own in reads.filter(|_| overrides.results.is_none()) {
            for written in results.files() {
                if plain(&written) == plain(own) {
                    let at = FieldPath::of("results.file");
                    self.push(Diagnostic::new(Code::SameFile, Place::Field(at)).with("file", own));
                }
            }
        }
        Some(results)
    }

    fn required<'t>(&mut self, given: Option<&'t String>, at: &FieldPath) -> Option<&'t String> {
        if given.is_none() && !self.misfits.contains(at) {
            self.push(Diagnostic::new(Code::MissingKey, Place::Field(at.clone())).with("key", at));
        }
        given
    }

    fn is_misfit_below(&self, at: &FieldPath) -> bool {
        self.misfits.iter().any(|misfit| misfit.steps().starts_with(at.steps()))
    }

    fn bad(&mut self, at: &FieldPath, value: &str, expected: &str) {
        let fault = Diagnostic::new(Code::BadValue, Place::Field(at.clone()));
        self.push(fault.with("field", at).with("value", value).with("expected", expected));
    }

    fn push(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }
}

/// The formats of a workbook's columns, the times of windows among them: whatever a sheet shows of a date, its cell holds
/// the exact time.
fn exact_times(
    mut formats: Vec<(String, ColumnFormat)>,
    window: Option<&Window>,
) -> Vec<(String, ColumnFormat)> {
    if let Some(window) = window
        && !formats.iter().any(|(name, _)| *name == window.column)
    {
        let pattern = window.format.clone().unwrap_or_else(|| "%Y-%m-%d %H:%M:%S".to_owned());
        formats.push((window.column.clone(), ColumnFormat::Date(Pattern::Strftime(pattern))));
    }
    formats
}

/// Whether a pattern can be written and read back, day and all.
fn reads_a_date(pattern: &str) -> bool {
    let sample = jiff::civil::date(2026, 12, 31).at(23, 59, 59, 0).to_zoned(TimeZone::UTC);
    let written = sample.ok().and_then(|sample| strtime::format(pattern, &sample).ok());
    let read = written.and_then(|text| strtime::parse(pattern, text).ok());
    read.is_some_and(|read| read.to_date().is_ok() || read.to_timestamp().is_ok())
}

/// A path without the detours that name the same file: `a/./b/../c` is `a/c`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The shape of a kf account (docs/platform.md#speaking-as-a-service-account): at most 10 letters, digits and
/// underscores, `@`, at most 30.
fn is_kf_account(text: &str) -> bool {
    text.split_once('@').is_some_and(|(prefix, suffix)| {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (1..=10).contains(&prefix.len())
            && prefix.bytes().all(word)
            && (1..=30).contains(&suffix.chars().count())
    })
}

/// The name of a results file that the campaign does not name. Each wave has its own, and what was sent to a simulator
/// never stands where real results are looked for.
fn default_results(id: &CampaignId, wave: u32, destination: Option<Destination>) -> String {
    let wave = if wave == 1 { String::new() } else { format!(".wave{wave}") };
    let local = match destination {
        Some(Destination::Local) => ".local",
        Some(Destination::Real) | None => "",
    };
    format!("{id}{wave}{local}.results.csv")
}
