//! A journal in PostgreSQL: how it is reached and made, and what is said when it cannot be.

use std::fs;

use crate::support::postgres::{Database, GUARDED, PASSWORD, server};
use crate::support::{Platform, Ran, World};

/// A test without a server says that it was not run.
macro_rules! database {
    () => {
        match server() {
            Some(server) => server.database(),
            None => return,
        }
    };
}

/// A command with variables of PostgreSQL.
fn run(world: &World, variables: &[(&str, &str)], args: &[&str]) -> Ran {
    Ran::of(world.command(args).envs(variables.iter().copied()).output().expect("the binary runs"))
}

fn root_certificate(database: &Database) -> String {
    database.server.folder.join("root.crt").display().to_string()
}

#[test]
fn a_journal_is_made_once_and_sends_through_address_or_variables() {
    let database = database!();
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    let url = database.url();
    world.run(&["journal", "init", "--journal", &url]).exits(0).says("The journal is made");
    world.run(&["journal", "init", "--journal", &url]).exits(0).says("There is a journal already");
    world.run(&["journal", "migrate", "--journal", &url]).exits(0).says("format 1");
    let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
    let sent = Ran::of(send.env("WXCAST_JOURNAL", &url).output().expect("the binary runs")).exits(0);
    assert_eq!(sent.counts(), "3 sent");
    assert_eq!(database.sql("SELECT count(*) FROM wxcast.message WHERE state = 1"), "3");
    assert!(!world.state_file("journal.sqlite3").exists(), "there is one journal, and it is not here");

    let folder = database.server.folder.display().to_string();
    let port = database.server.port.to_string();
    let variables =
        [("PGHOST", &*folder), ("PGPORT", &port), ("PGUSER", "postgres"), ("PGDATABASE", &database.name)];
    let status = ["status", "campaign.toml", "--format", "json", "--journal", "postgres:"];
    assert_eq!(run(&world, &variables, &status).exits(0).counts(), "3 sent");
    let told = world.run(&["journal", "status", "--format", "json", "--journal", &url]).exits(0).json();
    assert_eq!(told[1]["campaigns"][0]["messages"], 3, "{told}");
    assert!(told[0]["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{told}");
}

#[test]
fn what_is_printed_for_the_dba_makes_roles_of_which_the_worker_deletes_nothing_that_was_sent() {
    let database = database!();
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    let url = database.url();
    let script = world.run(&["journal", "init", "--print", "--journal", &url]).exits(0).stdout;
    // Roles are the server's: another test may have made them.
    let made =
        database.sql("SELECT count(*) FROM pg_roles WHERE rolname IN ('wxcast_owner', 'wxcast_worker')");
    assert_eq!(made, "0", "no other test prepares roles");
    database.sql(&script);
    database.sql("CREATE ROLE worker LOGIN; GRANT wxcast_worker TO worker; CREATE ROLE stranger LOGIN");
    let worker = database.address("worker", "");
    let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--format", "json"]);
    Ran::of(send.env("WXCAST_JOURNAL", &worker).output().expect("the binary runs")).exits(0);
    let may_delete = "SELECT string_agg(c.relname, ' ') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                      WHERE n.nspname = 'wxcast' AND c.relkind = 'r' AND has_table_privilege('worker', c.oid, 'DELETE')";
    assert_eq!(database.sql(may_delete), "meta");

    let stranger = database.address("stranger", "");
    let refused = world.run(&["status", "campaign.toml", "--journal", &stranger]).exits(10);
    refused.says("permission denied");
    let mut doctor = world.command_at(&platform, &["doctor", "campaign.toml", "--journal", &stranger]);
    let told = Ran::of(doctor.output().expect("the binary runs"));
    assert!(told.stdout.contains("lacks rights on") && told.code == 10, "{told:?}");
}

#[test]
fn a_wrong_password_and_a_missing_one_are_told_and_no_password_is_shown() {
    let database = database!().prepared();
    let world = World::with_recipients(1);
    let root = root_certificate(&database);
    let address = database.address(GUARDED, "?sslmode=verify-full");
    let status = ["journal", "status", "--journal", &address];
    let tls = ("PGSSLROOTCERT", &*root);
    run(&world, &[tls, ("PGPASSWORD", PASSWORD)], &status).exits(0);
    let wrong = run(&world, &[tls, ("PGPASSWORD", "wr0ng-word-of-a-test")], &status).exits(10);
    assert!(wrong.stderr.contains("password") && !wrong.stderr.contains("wr0ng-word"), "{wrong:?}");
    run(&world, &[tls], &status).exits(10).says("password");

    let line = format!("127.0.0.1:*:*:{GUARDED}:{PASSWORD}\n");
    let file = world.file("passwords", &line).display().to_string();
    let from_file = [tls, ("PGPASSFILE", &*file)];
    close(&file, 0o600);
    run(&world, &from_file, &status).exits(0);
    close(&file, 0o644);
    run(&world, &from_file, &status).exits(10).says("passwords");

    let open = format!("postgres://{GUARDED}:{PASSWORD}@127.0.0.1/x");
    let refused = world.run(&["journal", "status", "--journal", &open]).exits(2).says("PGPASSWORD");
    assert!(!refused.stderr.contains(PASSWORD), "{refused:?}");
    let unknown = format!("postgres://{GUARDED}:{PASSWORD}@127.0.0.1/x?no=thing");
    let refused = run(&world, &[("WXCAST_JOURNAL", &unknown)], &["journal", "status"]).exits(2).says("`no`");
    assert!(!refused.stderr.contains(PASSWORD), "{refused:?}");
}

fn close(file: &str, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("rights");
    }
    #[cfg(not(unix))]
    let _ = (file, mode);
}

#[test]
fn a_certificate_is_checked_and_a_server_that_wants_tls_gets_it() {
    let database = database!().prepared();
    let world = World::with_recipients(1);
    let password = ("PGPASSWORD", PASSWORD);
    let status = |more: &str, variables: &[(&str, &str)]| {
        let address = database.address(GUARDED, more);
        let variables: Vec<_> = variables.iter().copied().chain([password]).collect();
        run(&world, &variables, &["journal", "status", "--journal", &address])
    };
    status("?sslmode=require", &[]).exits(0);
    status("", &[]).exits(0);
    status("?sslmode=disable", &[]).exits(10);
    status("?sslmode=verify-full", &[]).exits(10).says("certificate");
    let root = root_certificate(&database);
    status("?sslmode=verify-full", &[("PGSSLROOTCERT", &root)]).exits(0);
    status("?sslmode=verify-full", &[("PGSSLROOTCERT", "missing.pem")]).exits(10).says("missing.pem");
    let another = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let another = world.file("another.pem", another.cert.pem()).display().to_string();
    status("?sslmode=require", &[("PGSSLROOTCERT", &another)]).exits(10).says("certificate");
}

#[test]
fn an_address_that_means_nothing_is_told_before_anything_is_done() {
    let world = World::with_recipients(1);
    for (address, told) in [
        ("mysql://h/x", "PostgreSQL"),
        ("postgres://a@h/x?sslmod=require", "sslmod"),
        ("postgres://a@h/x?sslmode=perhaps", "perhaps"),
        ("postgres://a@h:0/x", "port"),
    ] {
        world.run(&["status", "campaign.toml", "--journal", address]).exits(2).says(told);
    }
    run(&world, &[("WXCAST_JOURNAL", "nonsense")], &["status", "campaign.toml"])
        .exits(2)
        .says("WXCAST_JOURNAL");
    run(&world, &[("WXCAST_JOURNAL", "nonsense")], &["explain", "45015"]).exits(0);
    run(&world, &[("WXCAST_JOURNAL", "nonsense")], &["status", "campaign.toml", "--journal", "sqlite:"])
        .exits(0);
    world.run(&["journal", "init"]).exits(2).says("--journal");
}

#[test]
fn a_database_without_a_journal_or_with_a_newer_one_sends_nobody_anything() {
    let database = database!();
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    let url = database.url();
    let send = || {
        let mut send = world.command_at(&platform, &["send", "campaign.toml", "--yes", "--journal", &url]);
        Ran::of(send.output().expect("the binary runs"))
    };
    send().exits(10).says("journal init");
    world.run(&["journal", "init", "--journal", &url]).exits(0);
    database.sql("UPDATE wxcast.meta SET value = '2' WHERE key IN ('format', 'least_reader')");
    send().exits(10);
    world.run(&["journal", "migrate", "--journal", &url]).exits(10);
    assert_eq!(platform.ledger().totals().requests, 0);
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    world.run(&["status", "campaign.toml", "--journal", nowhere]).exits(10);
}

#[test]
fn doctor_tells_how_the_database_stands() {
    let database = database!().prepared();
    let (world, platform) = (World::with_recipients(2), Platform::new(""));
    let url = database.address("postgres", "");
    let mut doctor = world.command_at(&platform, &["doctor", "campaign.toml", "--format", "json"]);
    let told = Ran::of(doctor.env("WXCAST_JOURNAL", &url).output().expect("the binary runs")).exits(0).json();
    let state = |check: &str| {
        let checks = told["checks"].as_array().expect("checks");
        let found = checks.iter().find(|found| found["check"] == check);
        found.unwrap_or_else(|| panic!("{check}: {told}"))["state"].as_str().expect("a state").to_owned()
    };
    for check in [
        "database",
        "database-tls",
        "database-format",
        "database-rights",
        "database-standby",
        "database-clock",
    ] {
        assert_eq!(state(check), "ok", "{check}: {told}");
    }
    let away = "postgres://postgres@127.0.0.1:1/none";
    let mut doctor = world.command_at(&platform, &["doctor", "campaign.toml", "--journal", away]);
    let told = Ran::of(doctor.output().expect("the binary runs")).exits(10);
    assert!(told.stdout.contains("cannot be reached"), "{told:?}");
}
