//! `wxcast preview --serve`: a page on 127.0.0.1 for this machine's browser alone, renewed when files change.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use crate::support::{PATIENCE, World};

/// A live preview; it is ended with the test.
struct Live {
    process: Option<Child>,
    port: u16,
    /// The cookie that the token was exchanged for.
    cookie: String,
}

impl Live {
    fn start(world: &World, more: &[&str]) -> Self {
        let args = [&["preview", "campaign.toml", "--serve"], more].concat();
        let mut process =
            world.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        let mut url = String::new();
        let stdout = process.stdout.as_mut().expect("a stdout");
        BufReader::new(stdout).read_line(&mut url).expect("an address");
        let rest = url.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/'));
        let (port, path) = rest.unwrap_or_else(|| panic!("no address: {url:?}"));
        let port = port.parse().expect("a port");
        let mut live = Self { process: Some(process), port, cookie: String::new() };
        let visit = format!("GET /{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}");
        // What looks at the address and is no browser does not use it up.
        let looked = live.ask(&visit);
        assert!(looked.starts_with("HTTP/1.1 403") && !looked.contains("set-cookie"), "{looked}");
        let visit = format!("{visit}\r\nSec-Fetch-Site: none");
        let answer = live.ask(&visit);
        assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("location: /\r\n"), "{answer}");
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
        live.cookie = cookie.split(';').next().expect("a pair").to_owned();
        // It was good for one visit.
        let again = live.ask(&visit);
        assert!(again.starts_with("HTTP/1.1 403"), "{again}");
        live
    }

    /// What a browser that has the cookie sends with each request of its own.
    fn own(&self) -> String {
        format!("Cookie: {}\r\nSec-Fetch-Site: same-origin", self.cookie)
    }

    fn connect(&self, head: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(format!("{head}\r\n\r\n").as_bytes()).expect("a request");
        BufReader::new(stream)
    }

    /// The whole answer to a request.
    fn ask(&self, head: &str) -> String {
        let mut answer = String::new();
        self.connect(&format!("{head}\r\nConnection: close")).read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn page(&self) -> String {
        self.ask(&format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}", self.port, self.own()))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The next number of a page that a stream of events tells.
fn next(events: &mut BufReader<TcpStream>) -> String {
    loop {
        let mut line = String::new();
        assert!(events.read_line(&mut line).expect("an event") > 0, "the events have ended");
        if let Some(number) = line.trim().strip_prefix("data: ") {
            return number.to_owned();
        }
    }
}

#[test]
fn the_page_is_made_again_when_a_file_changes_and_browsers_are_told() {
    let world = World::with_recipients(2);
    let live = Live::start(&world, &[]);
    let first = live.page();
    assert!(first.starts_with("HTTP/1.1 200") && first.contains("Hello Name 0"), "{first}");
    let mut events =
        live.connect(&format!("GET /changes HTTP/1.1\r\nHost: localhost:{}\r\n{}", live.port, live.own()));
    let number = next(&mut events);
    assert!(first.contains(&format!("<script src=\"/live.js?{number}\" defer>")), "{number}: {first}");
    world.edit("audience.csv", "Name 0", "Ann");
    let second = next(&mut events);
    assert_ne!(number, second);
    assert!(live.page().contains("Hello Ann"));
    world.edit("campaign.toml", "Hello", "Good day");
    next(&mut events);
    assert!(live.page().contains("Good day Ann"));
}

#[test]
fn a_file_that_is_replaced_as_editors_do_is_noticed() {
    let world = World::with_recipients(1);
    let live = Live::start(&world, &[]);
    let mut events =
        live.connect(&format!("GET /changes HTTP/1.1\r\nHost: localhost:{}\r\n{}", live.port, live.own()));
    next(&mut events);
    let text = world.read("campaign.toml").replace("Hello", "Replaced");
    let beside = world.file("campaign.toml~", text);
    std::fs::rename(beside, world.path("campaign.toml")).expect("a rename");
    next(&mut events);
    assert!(live.page().contains("Replaced Name 0"));
}

#[test]
fn faults_stand_where_the_preview_would_be_until_they_are_mended() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "{{name}}", "{{nmae}}");
    let live = Live::start(&world, &[]);
    let page = live.page();
    assert!(page.contains("campaign.toml · line 8") && page.contains("nmae"), "{page}");
    let mut events =
        live.connect(&format!("GET /changes HTTP/1.1\r\nHost: localhost:{}\r\n{}", live.port, live.own()));
    next(&mut events);
    world.edit("campaign.toml", "{{nmae}}", "{{name}}");
    next(&mut events);
    assert!(live.page().contains("Hello Name 0"));
}

#[test]
fn another_file_of_the_campaign_is_watched_once_it_is_named() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "audience.csv", "lists/other.csv");
    let live = Live::start(&world, &[]);
    let mut events =
        live.connect(&format!("GET /changes HTTP/1.1\r\nHost: localhost:{}\r\n{}", live.port, live.own()));
    next(&mut events);
    let csv = world.read("audience.csv");
    world.file("lists/other.csv", csv);
    world.edit("campaign.toml", "Hello", "Hi");
    next(&mut events);
    assert!(live.page().contains("Hi Name 0"));
    world.edit("lists/other.csv", "Name 0", "Bea");
    next(&mut events);
    assert!(live.page().contains("Hi Bea"));
}

#[test]
fn requests_of_other_hosts_and_other_pages_are_refused() {
    let world = World::with_recipients(1);
    let live = Live::start(&world, &[]);
    let port = live.port;
    for head in [
        "GET / HTTP/1.1\r\nHost: evil.example".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: evil.example:{port}"),
        format!("GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example:{port}"),
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:1".to_owned(),
        format!("GET /changes HTTP/1.1\r\nHost: evil.example:{port}"),
        format!("GET /nothing HTTP/1.1\r\nHost: evil.example:{port}"),
        format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://evil.example"),
        format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:1"),
        format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: null"),
        "GET / HTTP/1.0".to_owned(),
    ] {
        let answer = live.ask(&format!("{head}\r\n{}", live.own()));
        assert!(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.0 403"), "{head}: {answer}");
        assert!(!answer.contains("Hello"), "{head}: {answer}");
    }
    let host = format!("GET / HTTP/1.1\r\nHost: localhost:{port}");
    let cookie = format!("Cookie: {}", live.cookie);
    for (head, why) in [
        (host.clone(), "a neighbour on this computer"),
        (format!("{host}\r\nSec-Fetch-Site: none"), "no cookie"),
        (format!("{host}\r\nSec-Fetch-Site: none\r\n{}0", cookie), "another cookie"),
        (format!("{host}\r\n{cookie}\r\nSec-Fetch-Site: cross-site"), "a link on a page"),
        (format!("{host}\r\n{cookie}\r\nSec-Fetch-Site: same-site"), "a page of another port"),
    ] {
        assert!(live.ask(&head).starts_with("HTTP/1.1 403"), "{why}");
    }
    let own = live.ask(&format!("{host}\r\nOrigin: http://localhost:{port}\r\n{}", live.own()));
    assert!(own.starts_with("HTTP/1.1 200"), "{own}");
    assert!(own.contains("x-frame-options: DENY") && own.contains("cache-control: no-store"), "{own}");
}

#[cfg(unix)]
#[test]
fn it_ends_at_once_when_it_is_interrupted_also_while_a_browser_waits() {
    let world = World::with_recipients(1);
    let mut live = Live::start(&world, &[]);
    let mut events =
        live.connect(&format!("GET /changes HTTP/1.1\r\nHost: localhost:{}\r\n{}", live.port, live.own()));
    next(&mut events);
    let process = live.process.take().expect("a process");
    crate::support::signal(&process, "INT");
    crate::support::finish(process).exits(0).says("Ctrl-C");
    let mut rest = String::new();
    // The stream ends, whether or not its last chunk came in time.
    let _ = events.read_to_string(&mut rest);
    assert!(!rest.contains("data:"), "{rest}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser_is_opened_on_request() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::with_recipients(1);
    let script = world.file("browser.sh", "#!/bin/sh\necho \"$1\" > opened.part && mv opened.part opened\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("an executable");
    let mut process = world
        .command(&["preview", "campaign.toml", "--serve", "--open"])
        .env("BROWSER", &script)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut url = String::new();
    BufReader::new(process.stdout.as_mut().expect("a stdout")).read_line(&mut url).expect("an address");
    let _live = Live { process: Some(process), port: 0, cookie: String::new() };
    let begun = std::time::Instant::now();
    while !world.path("opened").exists() {
        assert!(begun.elapsed() < PATIENCE, "nothing was opened");
        std::thread::yield_now();
    }
    assert_eq!(world.read("opened"), url);
}

#[test]
fn a_taken_port_is_told() {
    let world = World::with_recipients(1);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let ran = world.run(&["preview", "campaign.toml", "--serve", "--port", &port]).exits(2);
    assert_eq!(ran.stdout, "");
    ran.says("--port");
}
