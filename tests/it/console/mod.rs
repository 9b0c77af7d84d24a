//! `wxcast console`: a page on 127.0.0.1 that does what the commands do. These tests speak to its socket; what it looks
//! like is looked at in a browser.

mod editing;
mod guard;
mod making;
mod sending;
mod settling;
mod showing;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, Platform, World};

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
