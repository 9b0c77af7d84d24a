//! A server that answers byte for byte what it is told, for everything that a gateway may say and the simulator
//! would not.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it does with a request.
pub enum Reply {
    /// Answers and waits for the next request.
    Answer(Vec<u8>),
    /// Answers, and closes the connection once it has been idle for so long, without having said so.
    Close(Vec<u8>, Duration),
    /// Never answers.
    Hang,
}

/// The server, which lives as long as the test process.
pub struct Gateway {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

/// A request as it came.
#[derive(Clone)]
pub struct Request {
    /// The path, without the query.
    pub path: String,
    /// The body.
    pub body: String,
}

type Answering = dyn Fn(&Request, usize) -> Reply + Send + Sync;

impl Gateway {
    /// `answer` is given a request and how many came to that path before it.
    pub fn new(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (book, answer): (_, Arc<Answering>) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (book, answer) = (Arc::clone(&book), Arc::clone(&answer));
                // A client that goes away ends its own connection and nothing else.
                std::thread::spawn(move || drop(serve(client, &book, answer.as_ref())));
            }
        });
        Self { address, seen }
    }

    /// Answers messages with this and gives a token to whoever asks.
    pub fn answering(message: Vec<u8>) -> Self {
        Self::new(move |request, _| match request.path.as_str() {
            SEND => Reply::Answer(message.clone()),
            _ => usual(request),
        })
    }

    /// Its address.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("a book").clone()
    }

    /// How many requests came to a path.
    pub fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|request| request.path == path).count()
    }
}

/// The path of messages.
pub const SEND: &str = "/cgi-bin/message/custom/send";
/// The path of tokens.
pub const TOKEN: &str = "/cgi-bin/stable_token";

/// What the platform answers when all is well.
pub fn usual(request: &Request) -> Reply {
    let path = &request.path;
    let body = if path.ends_with(TOKEN) {
        r#"{"access_token":"36_given","expires_in":7200}"#
    } else if path.ends_with("/media/upload") {
        r#"{"type":"image","media_id":"M1","created_at":1772900000}"#
    } else if path.ends_with("/quota/get") {
        r#"{"errcode":0,"errmsg":"ok","quota":{"daily_limit":500000,"used":0,"remain":500000}}"#
    } else if path.ends_with("/getkflist") {
        r#"{"kf_list":[]}"#
    } else {
        r#"{"errcode":0,"errmsg":"ok"}"#
    };
    Reply::Answer(http("200 OK", "", body))
}

/// A response; `head` is more lines of its head, each with its line end.
pub fn http(status: &str, head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{head}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn serve(mut client: TcpStream, book: &Mutex<Vec<Request>>, answer: &Answering) -> io::Result<()> {
    let mut read = Vec::new();
    loop {
        let Some(request) = next(&mut client, &mut read)? else { return Ok(()) };
        let before = {
            let mut book = book.lock().expect("a book");
            book.push(request.clone());
            book.iter().filter(|earlier| earlier.path == request.path).count() - 1
        };
        match answer(&request, before) {
            Reply::Answer(bytes) => client.write_all(&bytes)?,
            Reply::Close(bytes, after) => {
                client.write_all(&bytes)?;
                // The next request in time, or an error that closes.
                client.set_read_timeout(Some(after))?;
            }
            Reply::Hang => loop {
                // Until the client gives up.
                if client.read(&mut [0; 1024])? == 0 {
                    return Ok(());
                }
            },
        }
    }
}

/// The next request of a connection; nothing when it ends.
fn next(client: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if !more(client, read)? {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let all = end + length.unwrap_or(0);
    while read.len() < all {
        if !more(client, read)? {
            return Ok(None);
        }
    }
    let body = String::from_utf8_lossy(&read[end..all]).into_owned();
    read.drain(..all);
    let target = head.split(' ').nth(1).expect("a target");
    let path = target.split('?').next().expect("a path").to_owned();
    Ok(Some(Request { path, body }))
}

fn more(client: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 4096];
    let count = client.read(&mut buffer)?;
    read.extend_from_slice(&buffer[..count]);
    Ok(count > 0)
}
