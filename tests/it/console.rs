//! `wxcast console`: a page on 127.0.0.1 that does what the commands do. These tests speak to its socket; what it looks
//! like is looked at in a browser.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, Platform, SECRET, World, finish, kill, openid};

/// A console that is ended with the test.
struct Console {
    process: Option<Child>,
    port: u16,
    cookie: String,
}

/// An answer.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Insists on a page and gives it.
    #[track_caller]
    fn page(self) -> String {
        assert_eq!(self.status, 200, "{}\n{}", self.head, self.text());
        self.text()
    }

    /// Where it leads.
    #[track_caller]
    fn leads_to(&self) -> &str {
        let to = self.head.lines().find_map(|line| line.strip_prefix("location: "));
        to.unwrap_or_else(|| panic!("it leads nowhere: {}\n{}", self.head, self.text()))
    }
}

impl Console {
    fn start(world: &World, more: &[&str]) -> Self {
        Self::of(world.command(&[&["console", ".", "--no-open"], more].concat()))
    }

    fn at(world: &World, platform: &Platform) -> Self {
        Self::of(world.command_at(platform, &["console", ".", "--no-open"]))
    }

    fn of(mut command: std::process::Command) -> Self {
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut url = String::new();
        BufReader::new(process.stdout.as_mut().expect("a stdout")).read_line(&mut url).expect("an address");
        let mut console = Self { process: Some(process), port: 0, cookie: String::new() };
        let path = console.take(&url);
        let answer = console.raw(&console.visit(&path), "");
        console.cookie = cookie_of(&answer);
        console
    }

    /// What a browser sends for an address that is opened in it.
    fn visit(&self, path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nSec-Fetch-Site: none", self.port)
    }

    /// Takes the port of an address, and gives its path.
    fn take(&mut self, url: &str) -> String {
        let rest = url.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/'));
        let (port, path) = rest.unwrap_or_else(|| panic!("no address: {url:?}"));
        self.port = port.parse().expect("a port");
        format!("/{path}")
    }

    fn connect(&self, head: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        // Whoever is refused need not be listened to.
        let _ = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes());
        BufReader::new(stream)
    }

    /// The whole answer to a request.
    fn raw(&self, head: &str, body: &str) -> Answer {
        let mut answer = Vec::new();
        let head = format!("{head}\r\nConnection: close");
        self.connect(&head, body).read_to_end(&mut answer).expect("an answer");
        let at = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..at]).replace("\r\n", "\n");
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head, body: answer[at + 4..].to_vec() }
    }

    fn own(&self) -> String {
        format!("Host: 127.0.0.1:{}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin", self.port, self.cookie)
    }

    fn get(&self, path: &str) -> Answer {
        self.raw(&format!("GET {path} HTTP/1.1\r\n{}", self.own()), "")
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = encoded(fields);
        let head = format!(
            "POST {path} HTTP/1.1\r\n{}\r\nOrigin: http://127.0.0.1:{}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}",
            self.own(),
            self.port,
            body.len()
        );
        self.raw(&head, &body)
    }

    /// Fills and sends a form of a page, as a browser without script does.
    fn submit(&self, page: &str, action: &str, more: &[(&str, &str)]) -> Answer {
        let hidden = hidden(page, action);
        let mut fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend(more);
        self.post(action, &fields)
    }

    /// The address of the only campaign.
    fn campaign(&self) -> String {
        let page = self.get("/").page();
        let (_, rest) = page.split_once("href=\"/campaign/").expect("a campaign");
        format!("/campaign/{}", rest.split_once('"').expect("an address").0)
    }

    /// Asks until a page says something.
    #[track_caller]
    fn wait(&self, path: &str, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path);
            if answer.status == 200 && answer.text().contains(text) {
                return answer.text();
            }
            assert!(
                Instant::now() < until,
                "{text:?} did not appear at {path}: {}\n{}",
                answer.head,
                answer.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types the number of people and presses the button.
    #[track_caller]
    fn send(&self, campaign: &str, people: &str) -> Answer {
        let page = self.get(&format!("{campaign}/send")).page();
        self.submit(&page, &format!("{campaign}/send"), &[("people", people)])
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn cookie_of(answer: &Answer) -> String {
    assert_eq!((answer.status, answer.leads_to()), (303, "/"), "{}", answer.head);
    let cookie = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
    cookie.split(';').next().expect("a pair").to_owned()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The hidden fields of the form that leads somewhere.
#[track_caller]
fn hidden(page: &str, action: &str) -> Vec<(String, String)> {
    let (_, form) = page
        .split_once(&format!("action=\"{action}\""))
        .unwrap_or_else(|| panic!("no form to {action}: {page}"));
    let form = form.split_once("</form>").expect("an end").0;
    form.split("<input type=\"hidden\" ")
        .skip(1)
        .map(|input| (of(input, "name"), of(input, "value")))
        .collect()
}

fn of(input: &str, attribute: &str) -> String {
    let (_, rest) = input.split_once(&format!("{attribute}=\"")).expect("an attribute");
    rest.split_once('"').expect("an end").0.to_owned()
}

#[test]
fn the_folder_shows_its_campaigns_and_how_each_stands() {
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\ntitle = \"Spring <sale>\"");
    world.file("other/campaign.toml", "[campaign]\nid = \"other\"\n");
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let page = console.get("/").page();
    assert!(page.contains("Spring &lt;sale&gt;") && page.contains("Ready for 3 people"), "{page}");
    assert!(page.contains("other/campaign.toml") && page.contains("Faults: "), "{page}");
    assert!(page.contains("Never sent"), "{page}");
    world.send(&platform).exits(0);
    let page = console.get("/").page();
    assert!(page.contains("3 sent") && page.contains("Done") && page.contains("Last sent"), "{page}");
}

#[test]
fn the_console_speaks_both_languages() {
    let world = World::with_recipients(3);
    let console = Console::start(&world, &["--lang", "zh-CN"]);
    let page = console.get("/").page();
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("可以发送给 3 人"), "{page}");
    let answer = console.submit(&page, "/language", &[("language", "en")]);
    assert_eq!(answer.status, 303);
    assert!(console.get("/").page().contains("Ready for 3 people"));
}

#[test]
fn hostile_requests_are_refused_and_change_nothing() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let (port, cookie, own) = (console.port, &console.cookie, console.own());
    let host = format!("Host: 127.0.0.1:{port}");
    let mut tried = 0;
    // Whoever does not come from here is let in nowhere.
    for (head, why) in [
        (format!("GET / HTTP/1.1\r\n{host}"), "no cookie"),
        (format!("GET / HTTP/1.1\r\n{host}\r\nSec-Fetch-Site: none"), "no cookie, by hand"),
        (format!("GET / HTTP/1.1\r\n{host}\r\nSec-Fetch-Site: none\r\nCookie: {cookie}0"), "another cookie"),
        (
            format!("GET / HTTP/1.1\r\n{host}\r\nSec-Fetch-Site: none\r\nCookie: wxcast-{port}="),
            "a blank cookie",
        ),
        (format!("GET / HTTP/1.1\r\n{host}\r\nCookie: {cookie}"), "nothing says that it comes from here"),
        (
            format!("GET / HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: cross-site"),
            "a page of the web",
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-site"),
            "a page of another port",
        ),
        ("GET / HTTP/1.1\r\nHost: evil.example".to_owned(), "another name"),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: evil.example:{port}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"
            ),
            "another name that leads here",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example:{port}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"
            ),
            "a name that begins like ours",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"),
            "another port",
        ),
        (format!("GET / HTTP/1.1\r\n{own}\r\nHost: evil.example"), "two hosts"),
        (format!("GET / HTTP/1.1\r\n{own}\r\n{host}"), "our host twice"),
        (format!("GET / HTTP/1.0\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"), "no host"),
        (format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: http://evil.example"), "another origin"),
        (format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: http://127.0.0.1:1"), "an origin of another port"),
        (
            format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: https://127.0.0.1:{port}"),
            "an origin of another scheme",
        ),
        (format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: null"), "a sandboxed frame"),
        (format!("GET /?token=0 HTTP/1.1\r\n{host}"), "a guessed token"),
        (format!("GET /?token= HTTP/1.1\r\n{host}"), "a blank token"),
        (
            format!(
                "GET {campaign}/results.xlsx HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: cross-site"
            ),
            "a link to a file",
        ),
        (
            format!(
                "GET {campaign}/events HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: cross-site"
            ),
            "another page that listens",
        ),
        (
            format!(
                "OPTIONS {campaign}/send HTTP/1.1\r\n{host}\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST"
            ),
            "a question before a request",
        ),
        (format!("PUT {campaign}/send HTTP/1.1\r\n{host}\r\nOrigin: http://evil.example"), "another method"),
    ] {
        let answer = console.raw(&head, "");
        assert!(matches!(answer.status, 400 | 403), "{why}: {}", answer.head);
        assert!(!answer.text().contains("spring") && !answer.head.contains("access-control"), "{why}");
        assert!(!answer.head.contains("set-cookie"), "{why}");
        tried += 1;
    }
    // Whoever is let in changes nothing without the seal of just that change.
    let page = console.get(&format!("{campaign}/send")).page();
    let form = hidden(&page, &format!("{campaign}/send"));
    let field = |name: &str| form.iter().find(|(field, _)| field == name).expect("a field").1.clone();
    let (seal, plan) = (field("seal"), field("plan"));
    let other = hidden(&page, "/language")[0].1.clone();
    let send = format!("{campaign}/send");
    for (path, fields, why) in [
        (send.clone(), vec![("plan", &*plan), ("left", "3"), ("people", "3")], "no seal"),
        (send.clone(), vec![("seal", ""), ("plan", &*plan), ("left", "3"), ("people", "3")], "a blank seal"),
        (
            send.clone(),
            vec![("seal", &*other), ("plan", &*plan), ("left", "3"), ("people", "3")],
            "the seal of another form",
        ),
        (
            send.clone(),
            vec![("seal", &*seal), ("plan", "plan:0"), ("left", "3"), ("people", "3")],
            "another plan",
        ),
        (
            send.clone(),
            vec![("seal", &*seal), ("plan", &*plan), ("left", "2"), ("people", "2")],
            "another number",
        ),
        (format!("{campaign}/stop"), vec![("seal", &*seal)], "the seal of the sending for the stop"),
        (
            format!("{campaign}/resolve"),
            vec![("seal", &*seal), ("whom", "all"), ("verdict", "sent")],
            "for the settling",
        ),
        ("/language".to_owned(), vec![("seal", &*seal), ("language", "zh-CN")], "for the language"),
    ] {
        let answer = console.post(&path, &fields);
        assert_eq!(answer.status, 403, "{why}: {}", answer.head);
        tried += 1;
    }
    for path in [
        "/campaign/..",
        "/campaign/../../etc/passwd",
        "/campaign/%2e%2e%2fcampaign.toml",
        "/campaign.toml",
        "//evil.example/",
    ] {
        assert_eq!(console.get(path).status, 404, "{path}");
        tried += 1;
    }
    let large = "x".repeat(100_000);
    let answer = console.post(&send, &[("seal", &seal), ("people", &large)]);
    assert_eq!(answer.status, 413, "{}", answer.head);
    assert!(tried >= 30, "{tried}");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn every_answer_has_the_headers_that_keep_it_here() {
    let world = World::with_recipients(1);
    let console = Console::start(&world, &[]);
    let refused = console.raw("GET / HTTP/1.1\r\nHost: evil.example", "");
    for answer in [console.get("/"), console.get("/style.css"), console.get("/nothing"), refused] {
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            "cache-control: no-store",
            "referrer-policy: same-origin",
            "x-content-type-options: nosniff",
            "x-frame-options: DENY",
        ] {
            assert!(answer.head.contains(header), "{header} is not in\n{}", answer.head);
        }
    }
}

#[test]
fn another_tab_gets_an_address_of_its_own_that_is_good_for_one_visit() {
    let world = World::with_recipients(1);
    let mut console = Console::start(&world, &[]);
    let url = world.run(&["console", ".", "--url"]).exits(0).stdout;
    let path = console.take(&url);
    let visit = console.visit(&path);
    let cookie = cookie_of(&console.raw(&visit, ""));
    assert_eq!(cookie, console.cookie);
    assert_eq!(console.raw(&visit, "").status, 403, "once");
    let empty = tempfile::tempdir().expect("a folder");
    world
        .run(&["console", empty.path().to_str().expect("a path"), "--url"])
        .exits(2)
        .says("No console is open");
}

#[test]
fn a_second_console_on_a_folder_shows_and_changes_nothing() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let _first = Console::at(&world, &platform);
    let second = Console::at(&world, &platform);
    let page = second.get("/").page();
    assert!(page.contains("Another console has this folder"), "{page}");
    let campaign = second.campaign();
    assert_eq!(second.send(&campaign, "3").status, 409);
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn it_ends_when_nobody_uses_it_and_nothing_runs() {
    let world = World::with_recipients(1);
    let mut console = Console::start(&world, &["--idle", "100ms"]);
    let process = console.process.take().expect("a process");
    finish(process).exits(0).says("Nobody has used the console");
}

#[test]
fn it_stays_while_something_is_being_sent() {
    let world = World::with_recipients(200);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let sender = world.start_send(&platform);
    platform.wait_for_requests(1);
    let mut command = world.command(&["console", ".", "--no-open", "--idle", "100ms"]);
    let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let ran = finish(process).exits(0);
    assert!(!finish(sender).stdout.is_empty(), "{ran:?}");
    assert_eq!(platform.ledger().totals().requests, 200, "the console ended before the send did");
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let world = World::with_recipients(1);
    let elsewhere = tempfile::tempdir().expect("a folder");
    std::fs::write(elsewhere.path().join("campaign.toml"), "[campaign]\nid = \"elsewhere\"").expect("a file");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(elsewhere.path(), world.path("folder")).expect("a link");
        std::os::unix::fs::symlink(elsewhere.path().join("campaign.toml"), world.path("link.toml"))
            .expect("a link");
    }
    let page = Console::start(&world, &[]).get("/").page();
    assert!(page.contains("spring") && !page.contains("elsewhere"), "{page}");
}

#[test]
fn faults_are_those_of_the_planner_with_line_and_cell() {
    let world = World::with_recipients(2);
    world.edit("campaign.toml", "{{name}}", "{{nmae}}");
    let console = Console::start(&world, &[]);
    let campaign = console.campaign();
    let page = console.get(&campaign).page();
    assert!(page.contains("campaign.toml · line 8") && page.contains("nmae"), "{page}");
    assert!(page.contains("wxcast plan ./campaign.toml"), "{page}");
    let sending = console.get(&format!("{campaign}/send")).page();
    assert!(sending.contains("It cannot be sent now") && !sending.contains("name=\"people\""), "{sending}");
    world.edit("campaign.toml", "{{nmae}}", "{{name}}");
    assert!(console.get(&campaign).page().contains("Look at the messages"));
    world.edit("audience.csv", &openid(1), "张三");
    let page = console.get(&campaign).page();
    assert!(page.contains("audience.csv · line 3"), "{page}");
}

#[test]
fn messages_are_shown_and_a_person_is_found_by_row_or_name() {
    let world = World::with_recipients(30);
    let console = Console::start(&world, &[]);
    let phones = format!("{}/phones", console.campaign());
    let page = console.get(&phones).page();
    assert!(page.contains("Hello Name 0") && page.contains("Hello Name 29"), "{page}");
    let page = console.get(&format!("{phones}?who=17")).page();
    assert!(page.contains("Hello Name 16") && !page.contains("Hello Name 0"), "{page}");
    assert!(page.contains("wxcast preview ./campaign.toml --row 17"), "{page}");
    let page = console.get(&format!("{phones}?who=name+23")).page();
    assert!(page.contains("Hello Name 23") && page.matches("class=\"bubble\"").count() == 1, "{page}");
    let page = console.get(&format!("{phones}?who=%3Cscript%3E")).page();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
    assert!(!page.contains(&openid(1)), "openids are masked");
    // Whoever has looked is led on.
    assert!(console.get(&console.campaign()).page().contains("To the sending"));
}

#[test]
fn a_campaign_is_sent_by_typing_the_number_of_people() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let page = console.get(&format!("{campaign}/send")).page();
    // What the prompt of `send` says.
    assert!(page.contains("3 people will get this message") && page.contains("counts for nothing"), "{page}");
    assert!(page.contains("Hello Name 0"), "the phone stands beside it");
    for wrong in ["", "4", "all"] {
        let answer = console.send(&campaign, wrong);
        assert!(answer.status == 409 && answer.text().contains("the number you typed is not 3"), "{wrong}");
    }
    // The list has changed since somebody read the page.
    world.recipients(4);
    let answer = console.submit(&page, &format!("{campaign}/send"), &[("people", "3")]);
    assert!(
        answer.status == 409 && answer.text().contains("Then it was 3 people, now it is 4"),
        "{}",
        answer.text()
    );
    assert_eq!(platform.ledger().totals().requests, 0);
    let answer = console.send(&campaign, " ４ ");
    assert_eq!((answer.status, answer.leads_to()), (303, &*format!("{campaign}/running")));
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().totals().accepted, 4);
    assert_eq!(world.status().counts(), "4 sent");
    let page = console.get(&format!("{campaign}/send")).page();
    assert!(page.contains("Nobody is left"), "{page}");
    let page = console.get(&format!("{campaign}/results?status=sent")).page();
    assert!(page.contains("Name 3") && page.contains("Download for Excel"), "{page}");
}

#[test]
fn results_say_who_got_it_and_who_not_and_can_be_saved_for_excel() {
    let world = World::with_recipients(120);
    let platform = Platform::new("[[answers]]\ncode = 45015\nfrom = 101\nto = 110");
    world.send(&platform).exits(5);
    let console = Console::at(&world, &platform);
    let results = format!("{}/results", console.campaign());
    let first = console.get(&format!("{results}?status=sent")).page();
    assert!(
        first.contains(">Name 0<") && first.contains(">Name 49<") && !first.contains(">Name 50<"),
        "{first}"
    );
    let page = console.get(&format!("{results}?status=sent&page=3")).page();
    assert!(page.contains("rel=\"prev\"") && !page.contains("rel=\"next\""), "{page}");
    let page = console.get(&format!("{results}?status=refused")).page();
    assert!(page.contains(">45015") && page.matches("<td class=\"bad\">").count() == 10, "{page}");
    let answer = console.get(&format!("{results}.xlsx"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        answer.head.contains("content-disposition: attachment; filename=\"campaign.results.xlsx\""),
        "{}",
        answer.head
    );
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(answer.body)).expect("a workbook");
    let sheets = calamine::Reader::worksheets(&mut book);
    let people = sheets.iter().find(|(name, _)| name == "Results").expect("the sheet of the people");
    assert_eq!(people.1.rows().count(), 121, "and the names of the columns");
}

#[test]
fn a_send_that_runs_already_is_shown_and_can_be_stopped() {
    let world = World::with_recipients(300);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"20ms\"");
    let sender = world.start_send(&platform);
    platform.wait_for_requests(3);
    let console = Console::at(&world, &platform);
    assert!(console.get("/").page().contains("Being sent now"));
    let campaign = console.campaign();
    let running = format!("{campaign}/running");
    assert_eq!(console.get(&format!("{campaign}/send")).leads_to(), running);
    let page = console.get(&running).page();
    assert!(page.contains("of 300 people"), "{page}");
    // What is told of it once a second.
    let mut events = console.connect(&format!("GET {campaign}/events HTTP/1.1\r\n{}", console.own()), "");
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert!(events.read_line(&mut line).expect("an event") > 0, "the events have ended");
    }
    let told: serde_json::Value = serde_json::from_str(line.trim_start_matches("data: ")).expect("JSON");
    assert!(told["sent"].as_u64().is_some_and(|sent| sent > 0 && sent < 300), "{told}");
    assert_eq!(console.submit(&page, &format!("{campaign}/stop"), &[]).leads_to(), running);
    let ran = finish(sender).exits(7);
    let received = platform.ledger().totals().accepted;
    assert_eq!(ran.counts(), format!("{received} sent, {} unsent", 300 - received));
    console.wait(&campaign, &format!("Go on with {}", 300 - received));
}

#[test]
fn whoever_presses_the_button_twice_is_led_to_the_sending() {
    let world = World::with_recipients(200);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let (send, running) = (format!("{campaign}/send"), format!("{campaign}/running"));
    let page = console.get(&send).page();
    std::thread::scope(|scope| {
        let click = || console.submit(&page, &send, &[("people", "200")]);
        let clicks: Vec<_> = (0..8).map(|_| scope.spawn(click)).collect();
        for click in clicks {
            let answer = click.join().expect("an answer");
            assert_eq!((answer.status, answer.leads_to()), (303, &*running), "{}", answer.text());
        }
    });
    assert_eq!(console.submit(&page, &send, &[("people", "200")]).leads_to(), running);
    platform.wait_until(|ledger| ledger.totals().accepted == 200);
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().totals().requests, 200, "nobody twice");
}

#[test]
fn a_form_whose_campaign_is_being_sent_from_a_terminal_leads_to_that_sending() {
    let world = World::with_recipients(200);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let page = console.get(&format!("{campaign}/send")).page();
    let sender = world.start_send(&platform);
    platform.wait_for_requests(1);
    let answer = console.submit(&page, &format!("{campaign}/send"), &[("people", "200")]);
    assert_eq!(answer.leads_to(), format!("{campaign}/running"));
    let running = console.get(&format!("{campaign}/running")).page();
    assert!(running.contains("of 200 people"), "{running}");
    finish(sender).exits(0);
    assert_eq!(platform.ledger().totals().requests, 200, "nobody twice");
}

#[cfg(unix)]
#[test]
fn killing_the_console_leaves_the_sending_alone() {
    let world = World::with_recipients(40);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let mut console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "40").status, 303);
    platform.wait_for_requests(2);
    // Everything in the console's group of processes, as a terminal that closes does it.
    let process = console.process.take().expect("a process");
    kill(process);
    platform.wait_until(|ledger| ledger.totals().accepted == 40);
    let console = Console::at(&world, &platform);
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().openids().len(), 40, "nobody twice");
}

#[test]
fn a_sending_that_fails_says_why_in_words() {
    let world = World::with_recipients(3);
    let platform = Platform::new("[account]\ncode = 48001");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "3").status, 303);
    let page = console.wait(&format!("{campaign}/send"), "The last attempt did not send to everybody");
    assert!(page.contains("48001"), "{page}");
}

#[test]
fn unknown_ones_are_settled_one_by_one_or_all_at_once() {
    let world = World::with_recipients(10);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nfrom = 8");
    world.send(&platform).exits(6);
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert!(console.get(&campaign).page().contains("Settle 3"));
    let page = console.get(&format!("{campaign}/results")).page();
    assert!(page.contains(">Name 7<") && page.contains("whether 3 messages arrived"), "{page}");
    assert!(!page.contains(&openid(7)), "openids are masked");
    // The first form is that of all; the one of the first person follows.
    let (_, of_people) = page.split_once("<tbody>").expect("reasons");
    let (_, of_people) = of_people.split_once("<tbody>").expect("people");
    let resolve = format!("{campaign}/resolve");
    assert_eq!(console.submit(of_people, &resolve, &[("verdict", "sent")]).status, 303);
    assert_eq!(world.status().counts(), "8 sent, 2 unknown");
    let page = console.get(&format!("{campaign}/results")).page();
    assert_eq!(console.submit(&page, &resolve, &[("verdict", "not-sent")]).status, 303);
    assert_eq!(world.status().counts(), "8 sent, 2 unsent");
}

#[test]
fn all_that_are_unknown_are_those_whom_the_page_showed() {
    let world = World::with_recipients(12);
    world.text_campaign("Hello {{name}}", "concurrency = 1\n[send.stop]\nmax_unknown = 0");
    let faults: String = [(3, 4), (9, 10)]
        .map(|(from, to)| format!("[[faults]]\nkind = \"reset-after\"\nfrom = {from}\nto = {to}\n"))
        .concat();
    let platform = Platform::new(&faults);
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "6"]).exits(7);
    let before = world.status().counts();
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let (results, resolve) = (format!("{campaign}/results"), format!("{campaign}/resolve"));
    let old = console.get(&results).page();
    // Those of the page are settled elsewhere, and as many others become unknown.
    world.run(&["resolve", "campaign.toml", "--sent", "--all", "--yes"]).exits(0);
    let answer = console.submit(&old, &resolve, &[("verdict", "not-sent")]);
    assert!(answer.status == 409 && answer.text().contains("This settled nothing"), "{}", answer.text());
    assert!(!world.status().counts().contains("unknown"), "what was settled stays as it was said");
    world.send(&platform).exits(6);
    let after = world.status().counts();
    let unknown = |counts: &str| counts.split(", ").find(|part| part.ends_with("unknown")).map(str::to_owned);
    assert_eq!(unknown(&before), unknown(&after), "the number alone tells nothing: {before}; {after}");
    for verdict in ["sent", "not-sent"] {
        let answer = console.submit(&old, &resolve, &[("verdict", verdict)]);
        assert!(answer.status == 409 && answer.text().contains("This settled nothing"), "{}", answer.text());
        assert_eq!(world.status().counts(), after, "{verdict}");
    }
    // The page that says so shows whom it is about now.
    let page = console.submit(&old, &resolve, &[("verdict", "sent")]).text();
    assert_eq!(console.submit(&page, &resolve, &[("verdict", "sent")]).status, 303);
    assert!(!world.status().counts().contains("unknown"));
}

#[test]
fn the_app_secret_is_asked_for_once_and_written_nowhere() {
    let world = World::with_recipients(2);
    let platform = Platform::new("");
    let mut command = world.command_at(&platform, &["console", ".", "--no-open"]);
    command.env_remove("WXCAST_APPSECRET");
    let console = Console::of(command);
    let campaign = console.campaign();
    let page = console.get(&format!("{campaign}/send")).page();
    assert!(page.contains("type=\"password\""), "{page}");
    let answer = console.send(&campaign, "2");
    assert!(answer.status == 409 && answer.text().contains("without the AppSecret"), "{}", answer.text());
    let answer = console.submit(&page, &format!("{campaign}/send"), &[("people", "2"), ("secret", SECRET)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().totals().accepted, 2);
    world.recipients(3);
    let page = console.get(&format!("{campaign}/send")).page();
    assert!(page.contains("name=\"people\"") && !page.contains("type=\"password\""), "{page}");
    for folder in [world.dir(), world.home()] {
        crate::support::walk(folder, &mut |path, bytes| {
            assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{}", path.display());
        });
    }
}

#[test]
fn an_app_secret_that_did_not_open_the_account_is_asked_for_again() {
    let world = World::with_recipients(2);
    let platform = Platform::new("[[answers]]\non = \"token\"\ncode = 40125\nto = 1");
    let mut command = world.command_at(&platform, &["console", ".", "--no-open"]);
    command.env_remove("WXCAST_APPSECRET");
    let console = Console::of(command);
    let send = format!("{}/send", console.campaign());
    let typed = |secret: &str| {
        let page = console.get(&send).page();
        console.submit(&page, &send, &[("people", "2"), ("secret", secret)])
    };
    assert_eq!(typed(&"0".repeat(32)).status, 303);
    let page = console.wait(&send, "it has been forgotten");
    assert!(page.contains("40125") && page.contains("type=\"password\""), "{page}");
    let answer = console.send(&console.campaign(), "2");
    assert!(answer.status == 409 && answer.text().contains("without the AppSecret"), "{}", answer.text());
    assert_eq!(typed(SECRET).status, 303);
    console.wait(&console.campaign(), "Done");
    assert_eq!(platform.ledger().totals().accepted, 2);
}

/// Brings a file to the form that makes a campaign.
fn bring(console: &Console, name: &str, bytes: &[u8]) -> Answer {
    let page = console.get("/new").page();
    let seal = &hidden(&page, "/new")[0].1;
    multipart(console, seal, name, bytes)
}

fn multipart(console: &Console, seal: &str, name: &str, bytes: &[u8]) -> Answer {
    let begin = format!(
        "--limit\r\nContent-Disposition: form-data; name=\"seal\"\r\n\r\n{seal}\r\n--limit\r\n\
         Content-Disposition: form-data; name=\"list\"; filename=\"{name}\"\r\n\r\n"
    );
    let body = [begin.as_bytes(), bytes, b"\r\n--limit--\r\n"].concat();
    let head = format!(
        "POST /new HTTP/1.1\r\n{}\r\nOrigin: http://127.0.0.1:{}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=limit\r\nContent-Length: {}\r\n\r\n",
        console.own(),
        console.port,
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", console.port)).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(head.as_bytes()).expect("a head");
    // Whoever finds a file too large need not read it to its end.
    let _ = stream.write_all(&body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let at = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..at]).replace("\r\n", "\n");
    let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head, body: answer[at + 4..].to_vec() }
}

/// An Excel file with a title above the names, and people in its second sheet.
fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let notes = book.add_worksheet().set_name("说明").expect("a name");
    notes.write(0, 0, "请看第二个工作表").expect("a cell");
    let list = book.add_worksheet().set_name("发送名单").expect("a name");
    list.write(0, 0, "三月会员名单").expect("a cell");
    for (row, cells) in [["会员编号", "姓名"], [&openid(0), "张三"], [&openid(1), "李四"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            let at = (u32::try_from(row + 1).expect("a row"), u16::try_from(column).expect("a column"));
            list.write(at.0, at.1, *cell).expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

#[test]
fn a_campaign_is_made_of_an_excel_file_and_a_text_and_sent() {
    let world = World::new();
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    assert!(console.get("/").page().contains("There is no campaign in this folder yet"));
    let brought = bring(&console, "三月 名单.xlsx", &workbook());
    assert_eq!(brought.status, 303, "{}", brought.text());
    let path = brought.leads_to().to_owned();
    // The sheet with people and the row with names are found; the openids by what they look like.
    let page = console.get(&path).page();
    assert!(page.contains("三月会员名单") && page.contains("value=\"2\" checked"), "{page}");
    assert!(
        page.contains("value=\"会员编号\" checked") && page.contains("data-insert=\"{{姓名}}\""),
        "{page}"
    );
    let chosen = [("sheet", "发送名单"), ("header_row", "2"), ("openid", "会员编号"), ("kind", "text")];
    let written = |text: &'static str, more: &[(&'static str, &'static str)]| {
        let content =
            [("title", "三月问候"), ("appid", "wx0123456789abcdef"), ("text:message.text.content", text)];
        [&chosen[..], &content, more].concat()
    };
    // A wrong column is told beside the field, and nothing is made.
    let fields = written("{{姓 名}}，您好", &[("do", "make")]);
    let answer = console.submit(&page, &path, &fields);
    assert_eq!(answer.status, 409);
    assert!(!world.path("三月问候").exists(), "nothing was made");
    let answer = console.submit(&page, &path, &written("{{姓名}}，您好！\r\n🌸", &[("do", "look")]));
    assert_eq!(answer.leads_to(), format!("{path}#message"));
    let page = console.get(&path).page();
    assert!(page.contains("张三，您好！\n🌸") && page.contains("2 people would get it"), "{page}");
    let answer = console.submit(&page, &path, &written("{{姓名}}，您好！\r\n🌸", &[("do", "make")]));
    assert_eq!(answer.status, 303, "{}", answer.text());
    let campaign = answer.leads_to().to_owned();
    assert!(console.get(&campaign).page().contains("三月问候"));
    let toml = world.read("三月问候/campaign.toml");
    assert!(toml.contains("file = \"三月 名单.xlsx\"") && toml.contains("header_row = 2"), "{toml}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let list = std::fs::metadata(world.path("三月问候/三月 名单.xlsx")).expect("the list");
        assert_eq!(list.permissions().mode() & 0o777, 0o600, "people stand in it");
    }
    world.run_at(&platform, &["plan", "三月问候/campaign.toml"]).exits(0);
    assert_eq!(console.send(&campaign, "2").status, 303);
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().openids(), [openid(0), openid(1)]);
    // It is made once.
    assert_eq!(console.get(&path).status, 404);
}

#[test]
fn every_kind_has_a_form_of_what_it_cannot_do_without() {
    let world = World::new();
    let console = Console::start(&world, &[]);
    let list = format!("openid,name\n{},Ann\n", openid(0));
    let path = bring(&console, "list.csv", list.as_bytes()).leads_to().to_owned();
    for kind in wxcast::message::KINDS {
        let page = console.get(&path).page();
        let fields = [("kind", kind.name()), ("openid", "openid"), ("header_row", "1"), ("do", "look")];
        assert_eq!(console.submit(&page, &path, &fields).status, 303);
        let page = console.get(&path).page();
        let asked = page.matches(&format!("name=\"text:message.{kind}.")).count();
        assert!((1..=4).contains(&asked), "{kind}: {asked}\n{page}");
    }
}

#[test]
fn only_lists_of_a_bounded_size_are_taken_and_only_with_the_seal_of_the_form() {
    let world = World::new();
    let console = Console::start(&world, &[]);
    for (name, bytes) in [("campaign.toml", &b"x"[..]), ("list.csv", b""), ("program.exe", b"MZ")] {
        let answer = bring(&console, name, bytes);
        assert!(
            answer.status == 409 && answer.text().contains("This is no list"),
            "{name}: {}",
            answer.text()
        );
    }
    assert_eq!(multipart(&console, "", "list.csv", b"openid\n").status, 403);
    let answer = bring(&console, "list.csv", &vec![b'x'; (64 << 20) + 1]);
    assert!(answer.status == 409 && answer.text().contains("larger than 64 MB"), "{}", answer.head);
    assert_eq!(console.get("/new/0000000000000000").status, 404);
    assert_eq!(
        std::fs::read_dir(world.dir()).expect("the folder").count(),
        0,
        "nothing came into the folder"
    );
}

#[test]
fn a_message_is_tried_and_the_campaign_rehearsed() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let path = format!("{campaign}/try");
    let page = console.get(&path).page();
    let answer = console.submit(&page, &path, &[("to", " ")]);
    assert!(answer.status == 409 && answer.text().contains("no tester is named"), "{}", answer.text());
    let tester = openid(77);
    assert_eq!(console.submit(&page, &path, &[("to", &tester), ("row", "2")]).leads_to(), path);
    platform.wait_for_requests(1);
    assert_eq!(platform.ledger().openids(), [tester]);
    console.wait(&path, "Look at the message on the phone");
    let page = console.get(&path).page();
    let answer = console.submit(&page, &format!("{path}/rehearse"), &[]);
    assert_eq!(answer.leads_to(), path);
    console.wait(&path, "3 sent");
    assert_eq!(platform.ledger().totals().requests, 1, "a rehearsal sends nobody anything");
    assert!(console.get(&campaign).page().contains("Ready for 3 people"), "neither counts as sent");
}

#[test]
fn the_runs_so_far_are_told() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let runs = format!("{}/runs", console.campaign());
    assert!(console.get(&runs).page().contains("Never sent"));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "1"]).exits(7);
    world.send(&platform).exits(0);
    let page = console.get(&runs).page();
    assert_eq!(page.matches("<li class=\"panel\">").count(), 2, "{page}");
    assert!(page.contains("3 sent") && page.contains("1 sent, 2 unsent"), "{page}");
}

#[test]
fn a_list_of_a_hundred_thousand_is_shown_page_by_page() {
    let world = World::with_recipients(100_000);
    let platform = Platform::new("");
    world
        .run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "20", "--progress", "none"])
        .exits(7);
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    for screen in [
        "",
        "/phones",
        "/phones?who=99999",
        "/send",
        "/results?status=unsent",
        "/results?status=sent",
        "/runs",
    ] {
        let page = console.get(&format!("{campaign}{screen}")).page();
        assert!(page.len() < 200_000, "{screen}: {} bytes", page.len());
    }
}

#[cfg(unix)]
#[test]
fn a_sending_that_is_killed_loses_nothing_and_the_page_says_so() {
    let world = World::with_recipients(40);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    assert_eq!(console.send(&campaign, "40").status, 303);
    platform.wait_for_requests(3);
    // The lock of the account names the process that sends.
    let holder = std::fs::read(world.state_file("spring.campaign.lock.json")).expect("a holder");
    let holder: serde_json::Value = serde_json::from_slice(&holder).expect("JSON");
    let pid = holder["pid"].as_u64().expect("a process").to_string();
    let killed = std::process::Command::new("kill").args(["-KILL", &pid]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    let page = console.wait(&format!("{campaign}/send"), "ended from outside");
    assert!(page.contains("name=\"people\""), "{page}");
    // What was on its way is unknown and held; the others are still to be sent.
    let counts = world.status().json()["counts"].clone();
    let count = |status: &str| counts[status].as_u64().expect("a count");
    assert!(count("unknown") <= 1 && count("sent") + count("unknown") + count("unsent") == 40, "{counts}");
}

#[test]
fn who_was_skipped_is_told_with_the_reason() {
    let world = World::with_recipients(3);
    let twice = format!("{}{},Again\n", world.read("audience.csv"), openid(1));
    world.file("audience.csv", twice);
    let platform = Platform::new("");
    world.send(&platform).exits(0);
    let console = Console::at(&world, &platform);
    let page = console.get(&format!("{}/results?status=skipped", console.campaign())).page();
    assert!(page.contains(">Again<") && page.matches("duplicate").count() >= 2, "{page}");
}
