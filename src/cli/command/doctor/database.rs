//! What a database that keeps the journal can tell: whether it is reached, and safely; what it lets this role do; and what
//! would be left of it after a failure.

use std::fmt::Display;

use crate::cli::command::doctor::{Found, Patient};
use crate::cli::exit_code::Exit;
use crate::cli::problem::journal_reason;
use crate::journal::chosen;
use crate::journal::postgres::admin::{Health, health};
use crate::journal::postgres::schema::FORMAT;
use crate::journal::postgres::settings::Settings;

/// So far a clock may be off, in milliseconds, before somebody should look after it. Nothing hangs on it but what people
/// read.
const ODD: i64 = 5_000;

/// Every check of it by its name; none where the journal is a file.
pub(super) fn checks(patient: &Patient<'_>) -> Vec<(&'static str, Found)> {
    let Some((settings, _)) = chosen::of(&patient.state) else { return Vec::new() };
    let health = match health(settings) {
        Ok(health) => health,
        Err(error) => {
            let reason = journal_reason(&error).say(&patient.terminal.words);
            let unreached = patient.sentence("database.unreached", &[("reason", &reason)]);
            let help = patient.sentence("database.reach", &[]);
            return vec![("database", Found::fault(unreached, Some(help)).stops_send(Exit::Storage))];
        }
    };
    let place: &dyn Display = settings;
    let reached = [("place", place), ("version", &health.version)];
    vec![
        ("database", Found::ok(patient.sentence("database.reached", &reached))),
        ("database-tls", tls(patient, settings, &health)),
        ("database-format", format(patient, &health)),
        ("database-rights", rights(patient, &health)),
        ("database-standby", standby(patient, &health)),
        ("database-clock", clock(patient, &health)),
    ]
}

fn tls(patient: &Patient<'_>, settings: &Settings, health: &Health) -> Found {
    let modes: Vec<_> = settings.hosts.iter().map(|host| settings.mode(host)).collect();
    let is_checked = modes.iter().all(|mode| mode.is_checked());
    let stays_here = settings.hosts.iter().all(|host| host.is_here());
    match &health.tls {
        Some(version) if is_checked => {
            Found::ok(patient.sentence("database-tls.checked", &[("version", version)]))
        }
        _ if stays_here => Found::ok(patient.sentence("database-tls.here", &[])),
        Some(version) => Found::warning(
            patient.sentence("database-tls.unchecked", &[("version", version)]),
            Some(patient.sentence("database-tls.help", &[])),
        ),
        None => Found::warning(
            patient.sentence("database-tls.open", &[]),
            Some(patient.sentence("database-tls.help", &[])),
        ),
    }
}

fn format(patient: &Patient<'_>, health: &Health) -> Found {
    match health.format {
        Some(format) if format > FORMAT => Found::fault(
            patient.sentence("database-format.newer", &[("found", &format), ("known", &FORMAT)]),
            Some(patient.sentence("database-format.update", &[])),
        )
        .stops_send(Exit::Storage),
        Some(format) => Found::ok(patient.sentence("database-format.known", &[("format", &format)])),
        None => Found::fault(
            patient.sentence("database-format.none", &[]),
            Some(patient.sentence("database-format.make", &[])),
        )
        .stops_send(Exit::Storage),
    }
}

fn rights(patient: &Patient<'_>, health: &Health) -> Found {
    if health.forbidden.is_empty() {
        return Found::ok(patient.sentence("database-rights.enough", &[]));
    }
    let tables = health.forbidden.join(", ");
    Found::fault(
        patient.sentence("database-rights.missing", &[("tables", &tables)]),
        Some(patient.sentence("database-rights.help", &[])),
    )
    .stops_send(Exit::Storage)
}

fn standby(patient: &Patient<'_>, health: &Health) -> Found {
    if health.is_standby {
        return Found::fault(
            patient.sentence("database-standby.is-one", &[]),
            Some(patient.sentence("database-standby.use-primary", &[])),
        )
        .stops_send(Exit::Storage);
    }
    let key = if health.is_synchronous { "synchronous" } else { "none" };
    Found::ok(patient.sentence(&format!("database-standby.{key}"), &[]))
}

fn clock(patient: &Patient<'_>, health: &Health) -> Found {
    let off = health.ahead.abs();
    let seconds = format!("{}.{:03}", off / 1000, off % 1000);
    let key = if health.ahead > 0 { "ahead" } else { "behind" };
    let told = patient.sentence(&format!("database-clock.{key}"), &[("seconds", &seconds)]);
    if off < ODD {
        Found::ok(told)
    } else {
        Found::warning(told, Some(patient.sentence("database-clock.help", &[])))
    }
}
