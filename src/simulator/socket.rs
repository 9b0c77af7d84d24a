//! Connections that can be cut: the handler of a request says how its connection ends, and the socket does it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const KEEP: u8 = 0;
const RESET: u8 = 1;
const CLOSE: u8 = 2;
const CLOSE_AFTER_ANSWER: u8 = 3;
const CLOSED: u8 = 4;

/// The handle on a connection that its handlers hold.
#[derive(Debug, Clone)]
pub(crate) struct Line(Arc<AtomicU8>);

impl Default for Line {
    fn default() -> Self {
        Self(Arc::new(AtomicU8::new(KEEP)))
    }
}

impl Line {
    /// Ends the connection with a TCP reset; what was still to be written is lost.
    pub(crate) fn reset(&self) {
        self.0.store(RESET, Ordering::Relaxed);
    }

    /// Ends the connection in the ordinary way, but without the answer.
    pub(crate) fn close(&self) {
        self.0.store(CLOSE, Ordering::Relaxed);
    }

    /// Ends the connection once the answer is out, without a word of it in the answer.
    pub(crate) fn close_after_answer(&self) {
        self.0.store(CLOSE_AFTER_ANSWER, Ordering::Relaxed);
    }

    fn is(&self, state: u8) -> bool {
        self.0.load(Ordering::Relaxed) == state
    }
}

impl Connected<IncomingStream<'_, Door>> for Line {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().line.clone()
    }
}

/// The listener: gives out connections that can be cut.
#[derive(Debug)]
pub(crate) struct Door(TcpListener);

impl Door {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self(listener)
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok((stream, address)) => {
                    // Small answers must not wait for the client's acknowledgement.
                    if stream.set_nodelay(true).is_ok() {
                        return (Wire { stream, line: Line::default(), answered: false }, address);
                    }
                }
                // Out of file descriptors, most likely: others must close first.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    line: Line,
    /// Something was written since the connection was asked to close after its answer.
    answered: bool,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.line.is(CLOSED) {
            // The end of the stream: a request that still comes is never looked at.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.is(RESET) || self.line.is(CLOSE) {
            // The error makes the server drop the connection with nothing written.
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        self.answered |= self.line.is(CLOSE_AFTER_ANSWER);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx)?;
        if !self.answered || self.line.is(CLOSED) || flushed.is_pending() {
            return flushed.map(Ok);
        }
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.line.0.store(CLOSED, Ordering::Relaxed);
        // The server may be waiting for the next request already: it must look again and see the end.
        cx.waker().wake_by_ref();
        shut
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.is(RESET) {
            // Without lingering the close that follows sends a reset. A connection that is gone needs none.
            let _ = self.stream.set_zero_linger();
        }
    }
}
