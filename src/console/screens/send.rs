//! Before a campaign is sent: what `wxcast send` says before it asks, and its question.

use serde_json::json;

use crate::console::child::Ended;
use crate::console::desk::{Desk, What};
use crate::console::folder::Found;
use crate::console::program::{Answer, Line, Planned, Question};
use crate::console::screens::folder::title;
use crate::console::screens::{Fields, Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::Standing;
use crate::locale::Catalog;
use crate::plan::inputs::Inputs;
use crate::plan::sample::survey::{Choice, Extent, survey};
use crate::report::preview::html::{self, Preview};

const CONTENT: &str = include_str!("../assets/send.hbs");

/// What is said elsewhere on the screen, or is of no interest to people.
const ELSEWHERE: [&str; 6] =
    ["send.title", "send.about", "send.destination", "send.digests", "send.breakdown", "send.of-planned"];

/// What `send` asks.
struct Asked {
    planned: std::sync::Arc<Planned>,
    answer: Answer,
    /// How many people are left, where the question came.
    left: Option<u64>,
    plan: Option<String>,
    /// Why the ramp has halted, where it has: going on with it takes a word of its own.
    halted: Option<String>,
}

impl Asked {
    fn of(desk: &Desk, found: &Found) -> Self {
        let planned = desk.plan(&found.path);
        let mut answer = match planned.leads_outside() {
            // The command would read what the console keeps out of.
            true => Answer { data: Vec::new(), said: Vec::new(), wrong: Vec::new() },
            false => desk.ask(&Question::Send, &found.path),
        };
        let halted = answer.line("error.ramp-halted").map(|line| line.text.clone());
        if halted.is_some() {
            answer = desk.ask(&Question::SendOn, &found.path);
        }
        // The only thing that is missing is somebody who says yes.
        let is_open = answer.wrong.len() == 1
            && answer.line("error.needs-yes").is_some()
            && planned.plan.diagnostics.errors() == 0;
        let left = answer.line("send.takes");
        let left = left.filter(|_| is_open).and_then(|line| line.place("left")?.parse().ok());
        let plan = answer.line("send.digests").and_then(|line| line.place("plan")).map(str::to_owned);
        Self { planned, answer, left, plan, halted }
    }

    /// Whether it was not asked because somebody else is sending the campaign.
    fn is_being_sent(&self, desk: &Desk, found: &Found) -> bool {
        let is_lock = |line: &Line| line.key.as_deref().is_some_and(|key| key.starts_with("error.locked"));
        self.answer.wrong.iter().any(is_lock) && desk.known(found).1.standing == Standing::Running
    }

    /// What people read before they say yes, without what stands elsewhere.
    fn facts(&self) -> Vec<&str> {
        let is_fact = |line: &&Line| match line.key.as_deref() {
            Some(key) => !ELSEWHERE.contains(&key) && !key.starts_with("next."),
            // The message of one person, which is drawn beside it.
            None => !line.text.starts_with("──"),
        };
        self.answer.said.iter().filter(is_fact).map(|line| line.text.as_str()).collect()
    }
}

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    let _alone = desk.one_at_a_time();
    if desk.is_going_on(What::Send, found) {
        return Ok(Shown::Go(format!("/campaign/{}/running", found.key)));
    }
    let asked = Asked::of(desk, found);
    if asked.is_being_sent(desk, found) {
        return Ok(Shown::Go(format!("/campaign/{}/running", found.key)));
    }
    Ok(Shown::Page(page(desk, found, &asked, None)?))
}

/// Begins to send, where the person has typed for how many, and nothing has changed since they read it.
pub(crate) fn begin(desk: &Desk, found: &Found, fields: &Fields) -> Result<Shown, Wrong> {
    let (plan, left) = (fields.get("plan"), fields.get("left"));
    fields.insist(desk, &["send", &found.key, plan, left])?;
    let running = || Ok(Shown::Go(format!("/campaign/{}/running", found.key)));
    let _alone = desk.one_at_a_time();
    if desk.is_going_on(What::Send, found) {
        return running();
    }
    let asked = Asked::of(desk, found);
    if asked.is_being_sent(desk, found) {
        return running();
    }
    let words = desk.words();
    let refused = |key: &str, places: &[(&str, &dyn std::fmt::Display)]| {
        let why = words.say(&format!("console.send.{key}"), places);
        Ok(Shown::Refused(page(desk, found, &asked, Some(&why))?))
    };
    let (Some(now), Some(id)) = (asked.left, asked.plan.as_deref()) else {
        return refused("not-now", &[]);
    };
    // Whoever agreed has agreed to what they read.
    if id != plan || now.to_string() != left {
        let files = desk.changed_since(&asked.planned, &found.path, fields.get("at"));
        return match files.is_empty() {
            true => refused("changed", &[("then", &left), ("now", &now)]),
            false => {
                refused("changed-files", &[("then", &left), ("now", &now), ("files", &files.join(", "))])
            }
        };
    }
    if asked.halted.is_some() && fields.get("goes_on") != "1" {
        return refused("halted", &[]);
    }
    if typed(fields.get("people")) != Some(now) {
        return refused("miscounted", &[("left", &now)]);
    }
    if let Some(variable) = desk.missing_secret(&asked.planned) {
        let secret = fields.get("secret").trim();
        if secret.is_empty() {
            return refused("no-secret", &[]);
        }
        desk.keep_secret(variable, secret.to_owned());
    }
    let planned = asked.planned.plan.counts.planned.to_string();
    let mut arguments =
        vec!["send", "--yes", "--expect-plan", id, "--expect-count", &planned, "--progress", "none"];
    arguments.extend(asked.halted.is_some().then_some("--continue-ramp"));
    match desk.start(What::Send, found, &arguments) {
        Ok(()) => running(),
        Err(error) => refused("not-started", &[("reason", &error)]),
    }
}

/// A number of people as people type it: with the digits of a Chinese keyboard, marks between thousands, and a word for
/// people behind it. What looks like a slip of the fingers is no number.
pub(super) fn typed(text: &str) -> Option<u64> {
    let digit = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '，' => ',',
        c => c,
    };
    let text: String = text.trim().chars().map(digit).collect();
    let bare = ["人", "条", "people", "messages"].iter().find_map(|word| text.strip_suffix(word));
    let number = bare.unwrap_or(&text).trim_end();
    let parts: Vec<&str> = number.split([',', '\'']).collect();
    let are_digits = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let are_thousands =
        parts.len() == 1 || parts[0].len() <= 3 && parts[1..].iter().all(|part| part.len() == 3);
    let begins_well = !number.starts_with('0') || number == "0";
    if are_digits && are_thousands && begins_well { parts.concat().parse().ok() } else { None }
}

fn page(desk: &Desk, found: &Found, asked: &Asked, why: Option<&str>) -> Result<String, Wrong> {
    let words = desk.words();
    let planned = &asked.planned;
    let destination = asked.answer.line("send.destination").and_then(|line| line.place("destination"));
    let left = asked.left.map(|left| left.to_string());
    let seal = asked.plan.as_deref().zip(left.as_deref());
    let seal = seal.map(|(plan, left)| desk.seal.of(&["send", &found.key, plan, left]));
    let (samples, style) = first(desk, planned).unwrap_or_else(|| (Vec::new(), String::new()));
    let mut templates = vec![("content", CONTENT)];
    match &planned.campaign {
        Some(campaign) => templates.extend(html::templates(campaign.body.kind())),
        None => templates.push(("sample", "")),
    }
    // What came of a run that went its way is told among the results.
    let known = desk.standing(found, planned);
    let ended = desk.failure(found, known.last.as_ref()).filter(Ended::has_failed);
    let errors = planned.plan.diagnostics.errors();
    let missing = asked.left.and_then(|_| desk.missing_secret(planned));
    let wrong: Vec<String> = match errors {
        0 => asked.answer.wrong.iter().map(|line| line.text.clone()).collect(),
        errors => vec![words.say("console.send.faulty", &[("count", &errors)])],
    };
    let done = asked.answer.wrong.is_empty() && asked.left.is_none() && errors == 0;
    let sent = known.counts.map_or(0, |counts| counts.sent);
    let seen = asked.plan.as_deref().is_some_and(|plan| desk.has_looked_at(plan));
    let count = planned.plan.counts.planned.to_string();
    let flags =
        ["--yes", "--expect-plan", asked.plan.as_deref().unwrap_or("plan:…"), "--expect-count", &count];
    let screen = Screen {
        title: words.say("console.send.title", &[("title", &title(found, planned))]),
        templates,
        content: json!({
            "title": title(found, planned),
            "account": planned.facts.appid,
            "destination": destination,
            "left": left,
            "plan": asked.plan,
            "digest": planned.plan.digest.to_string(),
            "seal": seal,
            "facts": asked.facts(),
            "breakdown": asked.answer.line("send.breakdown").and_then(|line| line.place("rows")),
            "why": why,
            "open": asked.left.is_some(),
            "read_only": desk.read_only,
            "halted": asked.halted,
            "at": jiff::Timestamp::now().as_millisecond(),
            "done": done,
            "sent": sent,
            "wrong": if asked.left.is_some() { Vec::new() } else { wrong },
            "ended": ended.map(|ended| json!({ "why": failure(&ended, &words), "said": ended.said.trim_end() })),
            "asks_secret": missing.is_some(),
            "secret_refused": missing.is_some_and(|variable| desk.was_refused(&variable)),
            "seen": seen,
            "samples": samples,
            "path": Tab::Send.path(&found.key),
            "phones": Tab::Phones.path(&found.key),
            "results": Tab::Results.path(&found.key),
            "campaign": Tab::Campaign.path(&found.key),
        }),
        of: Some((found, Tab::Send)),
        commands: vec![desk.program.command_line(&["send"], &found.path, &flags)],
        pictures: desk.keep_pictures(style),
        renews: false,
    };
    Ok(screen.page(desk, &words)?)
}

/// Why a process did not do what it was started for: its own words from the error on, or that somebody ended it.
fn failure(ended: &Ended, words: &Catalog) -> String {
    let error = words.headed("diagnostic.error", "");
    let lines: Vec<&str> = ended.said.lines().skip_while(|line| !line.starts_with(&error)).collect();
    match ended.code {
        None => words.say("console.send.killed", &[]),
        Some(_) if lines.is_empty() => ended.said.trim_end().to_owned(),
        Some(_) => lines.join("\n"),
    }
}

/// The first message, as a phone shows it.
fn first(desk: &Desk, planned: &Planned) -> Option<(Vec<serde_json::Value>, String)> {
    let campaign = planned.campaign.as_ref()?;
    let inputs = Inputs::of_campaign(campaign, &planned.plan.library);
    let found = survey(&inputs, &planned.plan, &Choice::First(1), Extent::Samples).ok()?;
    let preview = Preview { campaign, plan: &planned.plan, survey: &found, covers: None, masked: true };
    Some(html::samples(&preview, &desk.words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_type_it() {
        for (text, number) in [
            ("2998", Some(2998)),
            (" 2,998 ", Some(2998)),
            ("２９９８", Some(2998)),
            ("2，998", Some(2998)),
            ("2'998", Some(2998)),
            ("", None),
            ("all", None),
            ("2998 people", Some(2998)),
            ("31人", Some(31)),
            ("31 人", Some(31)),
            ("12,345,678", Some(12_345_678)),
            ("3 1", None),
            ("3,1", None),
            ("31.", None),
            ("+31", None),
            ("031", None),
            ("2998 dogs", None),
            ("-3", None),
        ] {
            assert_eq!(typed(text), number, "{text}");
        }
    }
}
