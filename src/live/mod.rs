//! A page on 127.0.0.1 that renews itself when files change.
//!
//! What the page shows is the business of whoever serves it: a function that makes it, and says which files it was
//! made from. Only the browser that came by the address with the token gets it: other people of this machine do not,
//! and no page of the web can read along through a name that leads to 127.0.0.1.

mod server;
mod watch;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::{Receiver, Sender};
use tokio::task::JoinHandle;

use crate::live::watch::Watch;
use crate::page_access::{Access, AccessKeys};

/// How long the last answers may take once the server is to end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// A page as it was made last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// The document.
    pub(crate) html: String,
    /// The files it was made from: when one of them changes, it is made again.
    pub(crate) files: Vec<PathBuf>,
}

/// Makes the page. It is given the path of the script that renews it, to be named in a `<script>`.
pub(crate) type Make = Arc<dyn Fn(&str) -> Made + Send + Sync>;

/// A page that is being served.
pub(crate) struct Live {
    address: SocketAddr,
    token: String,
    renewing: JoinHandle<()>,
    serving: JoinHandle<io::Result<()>>,
}

/// The page and its number, which is another one after each change.
#[derive(Debug)]
struct Page {
    version: String,
    made: Made,
}

impl Page {
    /// The numbers of two servers differ, so that a browser that finds another one at its port loads its page.
    fn new(number: u64, make: &Make) -> Self {
        let version = format!("{}-{number}", std::process::id());
        let made = make(&server::script_path(&version));
        Self { version, made }
    }
}

impl Live {
    /// Makes the page and serves it on a port of 127.0.0.1; 0 takes a free one. The keys let a browser in.
    ///
    /// # Errors
    ///
    /// When the port is taken, or nothing tells of changed files.
    pub(crate) async fn start(make: Make, port: u16, keys: AccessKeys) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let mut watch = Watch::new().map_err(io::Error::other)?;
        let first = Arc::new(Page::new(1, &make));
        watch.follow(&first.made.files);
        let (sender, receiver) = tokio::sync::watch::channel(first);
        let ended = ended(receiver.clone());
        let token = keys.token.clone();
        let app = server::routes(receiver, Access::new(address.port(), keys));
        let serving = axum::serve(listener, app).with_graceful_shutdown(ended);
        Ok(Self {
            address,
            token,
            renewing: tokio::spawn(renew(watch, make, sender)),
            serving: tokio::spawn(async move { serving.await }),
        })
    }

    /// Where the page is: an address for one visit, which gives the browser its cookie.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/?token={}", self.address, self.token)
    }

    /// Ends the server. Browsers that wait for news are let go.
    pub(crate) async fn stop(self) {
        // With it the sender of pages goes, and with that everything that waits for one.
        self.renewing.abort();
        // It ends by itself; a browser that does not read is not waited for.
        let _ = tokio::time::timeout(LAST_ANSWERS, self.serving).await;
    }
}

/// Makes the page again after each change.
async fn renew(mut watch: Watch, make: Make, sender: Sender<Arc<Page>>) {
    let mut number = 1;
    while watch.changed().await {
        number += 1;
        let make = Arc::clone(&make);
        // A page that cannot be made leaves the last one standing.
        let Ok(page) = tokio::task::spawn_blocking(move || Page::new(number, &make)).await else { continue };
        watch.follow(&page.made.files);
        sender.send_replace(Arc::new(page));
    }
}

/// Until nobody makes pages any more.
async fn ended(mut pages: Receiver<Arc<Page>>) {
    while pages.changed().await.is_ok() {}
}
