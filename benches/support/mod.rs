//! What the benches share: campaigns of any size and a server that answers at once.

// Each bench is a program of its own and uses a part of this.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use wxcast::campaign::Campaign;
use wxcast::campaign::validate::{Overrides, validate};

/// How many requests are under way at a time.
pub const IN_FLIGHT: usize = 64;

/// A template of three plain variables.
pub const PLAIN: &str = "{{name}}, your code {{code}} is good until {{day}}.";
/// The same text with a branch and a helper.
pub const BRANCHED: &str =
    "{{#if name}}{{name}}{{else}}Friend{{/if}}, your code {{upper code}} is good until {{day}}.";

/// Writes a campaign and an audience of so many rows of 90 bytes, and validates it.
pub fn campaign(folder: &Path, rows: usize, content: &str) -> Campaign {
    let mut csv = String::with_capacity(rows * 90 + 64);
    csv.push_str("openid,name,code,day,note\n");
    for row in 0..rows {
        let _ = writeln!(
            csv,
            "oBENCH{row:022},王小明 {:05},SPRING-{row:010},2026-03-31,vip-customer-{:03}",
            row % 100_000,
            row % 1000
        );
    }
    std::fs::write(folder.join("audience.csv"), csv).expect("an audience");
    let validated = validate(&folder.join("campaign.toml"), &campaign_text(content), &Overrides::default());
    validated.campaign.unwrap_or_else(|| panic!("{:?}", validated.faults))
}

/// The same rows with a time of last contact in each, spread over two days, and windows that end by it.
pub fn campaign_with_windows(folder: &Path, rows: usize) -> Campaign {
    let file = folder.join("audience.csv");
    std::fs::write(file, rows_with_times(rows, 1_795_500_000, 172_800)).expect("an audience");
    let text = text_with_windows("audience.csv", "deadline");
    let validated = validate(&folder.join("campaign.toml"), &text, &Overrides::default());
    validated.campaign.unwrap_or_else(|| panic!("{:?}", validated.faults))
}

/// So many rows with times of last contact from a second on, within so many of them.
pub fn rows_with_times(rows: usize, from: usize, within: usize) -> String {
    let mut csv = String::with_capacity(rows * 110 + 64);
    csv.push_str("openid,name,code,day,note,time\n");
    for row in 0..rows {
        // Apart from one another, so that the order of the file is not that of the deadlines.
        let second = from + row * 7_919 % within;
        let _ = writeln!(
            csv,
            "oBENCH{row:022},王小明 {:05},SPRING-{row:010},2026-03-31,vip-customer-{:03},{second}",
            row % 100_000,
            row % 1000
        );
    }
    csv
}

/// The text of a campaign with windows to the people in a file, in this order.
pub fn text_with_windows(file: &str, order: &str) -> String {
    let window = "[audience.window]\ncolumn = \"time\"\n[message.text]";
    let text = campaign_text(PLAIN).replace("[message.text]", window).replace("audience.csv", file);
    text.replace("[send]\n", &format!("[send]\norder = \"{order}\"\n"))
}

/// The text of that campaign.
pub fn campaign_text(content: &str) -> String {
    format!(
        "[campaign]\nid = \"bench\"\n[account]\nappid = \"wx0123456789abcdef\"\n[audience]\nfile = \"audience.csv\"\n\
         [message.text]\ncontent = '''{content}'''\n[send]\nrate = \"1000000/s\"\nconcurrency = 64\n"
    )
}

/// What a server saw of the messages that were posted to it.
#[derive(Debug, Default)]
pub struct Times {
    /// How many there were.
    pub requests: usize,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Times {
    /// When the first of them came.
    pub fn first(&self) -> Option<Instant> {
        self.first
    }

    /// From the first request to the last answer.
    pub fn length(&self) -> Duration {
        let first = self.first.expect("a request");
        self.last.expect("an answer") - first
    }

    fn answered(&mut self) {
        let now = Instant::now();
        self.requests += 1;
        self.first.get_or_insert(now);
        self.last = Some(now);
    }
}

/// A server on loopback that answers every POST with errcode 0 after a while. It has one thread, so that it
/// takes as little of the machine as a server can.
pub fn server(latency: Duration) -> SocketAddr {
    timed_server(latency).0
}

/// The same, and it keeps the time of what is posted as a message.
pub fn timed_server(latency: Duration) -> (SocketAddr, Arc<Mutex<Times>>) {
    let times = Arc::new(Mutex::new(Times::default()));
    let kept = Arc::clone(&times);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    listener.set_nonblocking(true).expect("a listener that does not block");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, latency, Arc::clone(&kept)));
            }
        });
    });
    (address, times)
}

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{\"errcode\":0,\"errmsg\":\"ok\"}";

async fn serve(connection: TcpStream, latency: Duration, times: Arc<Mutex<Times>>) {
    let _ = connection.set_nodelay(true);
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    while connection.readable().await.is_ok() {
        match connection.try_read(&mut buffer[filled..]) {
            Ok(0) => return,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(_) => return,
        }
        while let Some(length) = request(&buffer[..filled]) {
            // The quota is asked for at another address.
            let message = buffer.starts_with(b"POST /cgi-bin/message/");
            buffer.copy_within(length..filled, 0);
            filled -= length;
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            // An answer of a hundred bytes always fits the socket's buffer.
            if connection.try_write(ANSWER).is_err() {
                return;
            }
            if message {
                times.lock().expect("a server that stands").answered();
            }
        }
    }
}

/// The length of the first whole request in the buffer.
fn request(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    // Whoever asks for the time gets a page and brings no body.
    let length = length.unwrap_or(0);
    (buffer.len() >= head + length).then_some(head + length)
}

/// What reqwest does with nothing around it: the limit that a run is measured against, [`IN_FLIGHT`] requests at a time.
pub fn bare(address: SocketAddr, messages: usize) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{address}/cgi-bin/message/custom/send?access_token=bench");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut flying = FuturesUnordered::new();
        for index in 0..messages {
            if flying.len() >= IN_FLIGHT {
                flying.next().await;
            }
            let body = format!(
                "{{\"touser\":\"oBENCH{index:022}\",\"msgtype\":\"text\",\"text\":{{\"content\":\"hello\"}}}}"
            );
            let request = client.post(&url).header("content-type", "application/json").body(body);
            flying
                .push(async move { request.send().await.expect("an answer").bytes().await.expect("a body") });
        }
        while flying.next().await.is_some() {}
    });
}
