//! Tells when one of a few files has changed; the only file that names notify.
//!
//! Editors and spreadsheets replace a file rather than write into it, so the folders are watched and events
//! about other files in them are left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Saving a file is several events; the page is made once they have ended.
const QUIET: Duration = Duration::from_millis(60);
/// How often files are looked at where the system does not tell of changes, on some network drives for example.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Watches files.
pub(crate) struct Watch {
    watcher: Box<dyn Watcher + Send>,
    folders: BTreeSet<PathBuf>,
    files: Arc<Mutex<Vec<PathBuf>>>,
    events: UnboundedReceiver<()>,
}

impl Watch {
    /// Watches nothing yet.
    pub(crate) fn new() -> notify::Result<Self> {
        let (sender, events) = unbounded_channel();
        let files = Arc::new(Mutex::new(Vec::new()));
        let followed = Arc::clone(&files);
        let handle = move |event: notify::Result<notify::Event>| {
            // What cannot be told in detail may be anything.
            let matters = event.map_or(true, |event| concerns(&event, &followed));
            if matters {
                // Nobody listens any more only at the end.
                let _ = sender.send(());
            }
        };
        let watcher: Box<dyn Watcher + Send> =
            match RecommendedWatcher::new(handle.clone(), Config::default()) {
                Ok(watcher) => Box::new(watcher),
                Err(_) => {
                    Box::new(PollWatcher::new(handle, Config::default().with_poll_interval(LOOK_EVERY))?)
                }
            };
        Ok(Self { watcher, folders: BTreeSet::new(), files, events })
    }

    /// Follows these files from now on. A folder that cannot be watched is left out: the page is then renewed by
    /// changes elsewhere, or by hand.
    pub(crate) fn follow(&mut self, files: &[PathBuf]) {
        let folders: BTreeSet<PathBuf> = files.iter().filter_map(|file| folder(file)).collect();
        for folder in self.folders.difference(&folders) {
            let _ = self.watcher.unwatch(folder);
        }
        let fresh: Vec<PathBuf> = folders.difference(&self.folders).cloned().collect();
        self.folders = folders;
        for folder in fresh {
            if self.watcher.watch(&folder, RecursiveMode::NonRecursive).is_err() {
                self.folders.remove(&folder);
            }
        }
        let followed = files.iter().filter_map(|file| Some(folder(file)?.join(file.file_name()?)));
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = followed.collect();
    }

    /// Waits for a change and for the end of it. Gives false when there will be none any more.
    pub(crate) async fn changed(&mut self) -> bool {
        if self.events.recv().await.is_none() {
            return false;
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, self.events.recv()).await {}
        true
    }
}

/// The folder of a file, by its full name: that is how events name it.
fn folder(file: &Path) -> Option<PathBuf> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().ok()
}

fn concerns(event: &notify::Event, files: &Mutex<Vec<PathBuf>>) -> bool {
    let reading = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        // Making the page reads the files, which must not be a reason to make it again.
        EventKind::Access(_) => true,
        _ => false,
    };
    let files = files.lock().unwrap_or_else(PoisonError::into_inner);
    !reading && event.paths.iter().any(|path| files.contains(path))
}
