//! The thread that serves.

use std::future::IntoFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::simulator::socket::{Door, Line};

/// A server on a thread and runtime of its own: it takes no time from the sender that is being tested, and
/// when the runtime goes, every connection goes with it, also those that hang.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    /// Dropping it ends the thread.
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Server {
    pub(crate) async fn start(router: Router, port: u16) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let (report, reported) = oneshot::channel();
        let run = move || {
            serve(router, port, report, stopped);
            // It is no fault if nobody waits.
            let _ = end.send(());
        };
        thread::Builder::new().name("simulator".to_owned()).spawn(run)?;
        let address = reported.await.map_err(io::Error::other)??;
        Ok(Self { address, stop, ended })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn stop(self) {
        drop(self.stop);
        // Fails only when the thread is gone already.
        let _ = self.ended.await;
    }
}

/// Serves until `stopped`; says first where, or why not.
fn serve(
    router: Router,
    port: u16,
    report: oneshot::Sender<io::Result<SocketAddr>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = report.send(Err(error));
            return;
        }
    };
    runtime.block_on(async {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let opened = bound.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let _ = report.send(Err(error));
                return;
            }
        };
        if report.send(Ok(address)).is_err() {
            return;
        }
        let service = router.into_make_service_with_connect_info::<Line>();
        tokio::select! {
            _ = stopped => {}
            _ = axum::serve(Door::new(listener), service).into_future() => {}
        }
    });
}
