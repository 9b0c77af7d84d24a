//! A page on 127.0.0.1 for people without a terminal.
//!
//! It never sends: it starts the program as a process of its own and reads the journal, so that closing the browser, the
//! console or the lid changes nothing. It judges nothing either: what it shows of a campaign is what the commands say of it
//! ([`program`]), and every screen names the command that does the same.

mod child;
mod desk;
pub(crate) mod draft;
mod editing;
mod folder;
pub(crate) mod place;
pub(crate) mod program;
mod screens;
mod seal;
mod server;
mod shell;
mod standing;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::console::desk::Desk;
use crate::console::place::Place;
use crate::console::program::Program;
use crate::locale::Language;
use crate::page_access::{Access, AccessKeys, LaterTokens};

/// How long the last answers may take once the console is to end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// How often it is looked whether something that was started has ended.
const REAPS: Duration = Duration::from_millis(500);

/// What a console is started with.
pub(crate) struct Settings {
    /// The folder whose campaigns it shows.
    pub(crate) folder: PathBuf,
    /// Where this folder's console leaves word of itself.
    pub(crate) place: Place,
    /// The port; 0 takes a free one.
    pub(crate) port: u16,
    /// After so long without a request it ends, where nothing runs.
    pub(crate) idle: Duration,
    /// The language it begins with.
    pub(crate) language: Language,
    /// What lets a browser in.
    pub(crate) keys: AccessKeys,
    /// What forms are sealed with.
    pub(crate) seal: String,
    /// Whether another console has the folder: then this one changes nothing.
    pub(crate) read_only: bool,
}

/// Sees within a moment that something which was started has ended, whether or not somebody looks at a page.
async fn reap(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(REAPS).await;
        let desk = Arc::clone(&desk);
        // It is done again anyway.
        let _ = tokio::task::spawn_blocking(move || desk.reap()).await;
    }
}

/// A console that is being served.
pub(crate) struct Console {
    address: SocketAddr,
    token: String,
    idle: Duration,
    desk: Arc<Desk>,
    serving: JoinHandle<io::Result<()>>,
}

impl Console {
    /// Serves the console.
    ///
    /// # Errors
    ///
    /// When the port is taken, or where it is cannot be written down.
    pub(crate) async fn start(settings: Settings, program: Arc<dyn Program>) -> io::Result<Self> {
        let Settings { folder, place, port, idle, language, keys, seal, read_only } = settings;
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let token = keys.token.clone();
        let mut access = Access::new(address.port(), keys);
        if !read_only {
            place.note_port(address.port())?;
            let place = place.clone();
            access = access.with_later(LaterTokens(Box::new(move |token| place.take_token(token))));
        }
        let desk = Arc::new(Desk::new(folder, place, program, language, seal, read_only));
        let routes = server::routes(Arc::clone(&desk), access);
        tokio::spawn(reap(Arc::clone(&desk)));
        let serving = tokio::spawn(server::serve(listener, routes));
        Ok(Self { address, token, idle, desk, serving })
    }

    /// Where it is: an address for one visit, which gives the browser its cookie.
    pub(crate) fn url(&self) -> String {
        place::url(self.address.port(), &self.token)
    }

    /// Until nobody has asked for anything for as long as that takes, and nothing runs.
    pub(crate) async fn idle(&self) {
        loop {
            let quiet = self.desk.quiet();
            if quiet < self.idle {
                tokio::time::sleep(self.idle - quiet).await;
                continue;
            }
            let desk = Arc::clone(&self.desk);
            // Where that cannot be found out, it is asked again after as long.
            match tokio::task::spawn_blocking(move || desk.is_something_running()).await {
                Ok(false) => return,
                Ok(true) | Err(_) => self.desk.touch(),
            }
        }
    }

    /// Ends it. What it has started goes on.
    pub(crate) async fn stop(self) {
        self.serving.abort();
        // A browser that does not read is not waited for.
        let _ = tokio::time::timeout(LAST_ANSWERS, self.serving).await;
    }
}
