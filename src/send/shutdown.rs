//! Signals: the first one drains, the second one aborts.

use crate::delivery::event::Stop;

/// Listens for the operator.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    heard: [(Option<tokio::signal::unix::Signal>, Stop); 3],
    #[cfg(windows)]
    heard: Option<tokio::signal::windows::CtrlC>,
}

impl Signals {
    /// Begins to listen. A signal that cannot be listened to keeps its usual effect.
    #[cfg(unix)]
    pub fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind, stop| (signal(kind).ok(), stop);
        Self {
            heard: [
                listen(SignalKind::interrupt(), Stop::Interrupted),
                listen(SignalKind::terminate(), Stop::Terminated),
                listen(SignalKind::hangup(), Stop::Terminated),
            ],
        }
    }

    /// Begins to listen. A signal that cannot be listened to keeps its usual effect.
    #[cfg(windows)]
    pub fn listen() -> Self {
        Self { heard: tokio::signal::windows::ctrl_c().ok() }
    }

    /// The next signal. It may be broken off and called again.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Stop {
        std::future::poll_fn(|context| {
            for (signal, stop) in &mut self.heard {
                if let Some(signal) = signal
                    && let std::task::Poll::Ready(Some(())) = signal.poll_recv(context)
                {
                    return std::task::Poll::Ready(stop.clone());
                }
            }
            std::task::Poll::Pending
        })
        .await
    }

    /// The next signal. It may be broken off and called again.
    #[cfg(windows)]
    pub async fn next(&mut self) -> Stop {
        let came = match &mut self.heard {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if came.is_none() {
            std::future::pending::<()>().await;
        }
        Stop::Interrupted
    }
}
