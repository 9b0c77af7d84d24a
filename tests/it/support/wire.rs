//! What may stand between wxcast and a platform: TLS with a certificate of its own, and a proxy.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server on a thread of its own, which ends when this is dropped.
pub struct Served {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Served {
    /// Serves each connection with what `serve` makes of it.
    fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (stop, mut stopped) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                loop {
                    tokio::select! {
                        _ = &mut stopped => return,
                        Ok((stream, _)) = listener.accept() => {
                            // A client that goes away ends its own connection and nothing else.
                            tokio::spawn(serve(stream));
                        }
                    }
                }
            });
        });
        Self { address, _stop: stop }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// TLS before a platform, with a certificate that a CA of its own has signed.
pub struct Tls {
    served: Served,
    ca: String,
}

impl Tls {
    /// Speaks TLS under these names and passes on what it reads to the platform at `base`.
    pub fn before(base: &str, names: &[&str]) -> Self {
        let (ca_key, key) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("a key"));
        let mut params = CertificateParams::new(Vec::new()).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = params.self_signed(&ca_key).expect("a certificate").pem();
        let issuer = Issuer::new(params, ca_key);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let own =
            CertificateParams::new(names).expect("names").signed_by(&key, &issuer).expect("a certificate");
        // The binary installs its own; a test process may have none yet.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.der().clone()], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("a configuration")));
        let platform: SocketAddr = base.trim_start_matches("http://").parse().expect("an address");
        let served = Served::start(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                let mut client = acceptor.accept(stream).await?;
                let mut server = TcpStream::connect(platform).await?;
                copy_bidirectional(&mut client, &mut server).await.map(drop)
            }
        });
        Self { served, ca }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// The CA's certificate, in PEM form.
    pub fn ca(&self) -> &str {
        &self.ca
    }
}

/// A gateway of somebody's own before a platform: it passes everything on and answers under its own name.
pub fn gateway(base: &str) -> Served {
    let platform: SocketAddr = base.trim_start_matches("http://").parse().expect("an address");
    let renamed = |answer: &[u8]| {
        let answer = String::from_utf8(answer.to_vec()).expect("answers are text");
        assert!(!answer.starts_with("HTTP/1.1 ") || answer.contains("\r\n\r\n"), "a whole head");
        answer.replace("server: wxcast-simulator", "server: company-gateway").into_bytes()
    };
    Served::start(move |stream| async move {
        let server = TcpStream::connect(platform).await?;
        let ((mut from, mut to), (mut answers, mut requests)) = (stream.into_split(), server.into_split());
        let back = async move {
            let mut answer = vec![0; 1 << 16];
            loop {
                match answers.read(&mut answer).await? {
                    0 => return to.shutdown().await,
                    read => to.write_all(&renamed(&answer[..read])).await?,
                }
            }
        };
        tokio::try_join!(tokio::io::copy(&mut from, &mut requests), back).map(drop)
    })
}

/// A proxy that leads every tunnel to one place, whatever host is asked for.
pub struct Proxy {
    served: Served,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Leads to this address.
    pub fn to(address: SocketAddr) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let book = Arc::clone(&asked);
        let served = Served::start(move |stream| {
            let book = Arc::clone(&book);
            async move {
                let mut client = BufReader::new(stream);
                let mut first = String::new();
                client.read_line(&mut first).await?;
                book.lock().expect("a book").push(first.trim().to_owned());
                let mut line = String::new();
                while client.read_line(&mut line).await? > 2 {
                    line.clear();
                }
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                let mut server = TcpStream::connect(address).await?;
                copy_bidirectional(&mut client, &mut server).await.map(drop)
            }
        });
        Self { served, asked }
    }

    /// Its URL, with a name and a password that must turn up nowhere.
    pub fn url(&self) -> String {
        format!("http://user:{PROXY_PASSWORD}@{}", self.served.address())
    }

    /// The first lines of what it was asked.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("a book").clone()
    }
}

/// A proxy that turns every tunnel down with this status.
pub fn refusing_proxy(status: &'static str) -> Served {
    Served::start(move |stream| async move {
        let mut client = BufReader::new(stream);
        let mut line = String::new();
        while client.read_line(&mut line).await? > 2 {
            line.clear();
        }
        let head =
            format!("HTTP/1.1 {status}\r\nProxy-Authenticate: Basic realm=corp\r\nContent-Length: 0\r\n\r\n");
        client.write_all(head.as_bytes()).await
    })
}

/// A SOCKS5 proxy without a password that leads every connection to one place, whatever host is asked for.
pub fn socks_proxy(address: SocketAddr) -> Served {
    Served::start(move |mut client| async move {
        let mut greeting = [0; 2];
        client.read_exact(&mut greeting).await?;
        let mut methods = vec![0; usize::from(greeting[1])];
        client.read_exact(&mut methods).await?;
        client.write_all(&[5, 0]).await?;
        let mut request = [0; 5];
        client.read_exact(&mut request).await?;
        // A name of so many bytes, as socks5h asks for, and a port.
        assert_eq!(request[..4], [5, 1, 0, 3]);
        let mut rest = vec![0; usize::from(request[4]) + 2];
        client.read_exact(&mut rest).await?;
        client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 9]).await?;
        let mut server = TcpStream::connect(address).await?;
        copy_bidirectional(&mut client, &mut server).await.map(drop)
    })
}

/// A SOCKS5 proxy that wants this way to be told a password, and answers this to whatever comes then.
pub fn refusing_socks(method: u8, answer: Vec<u8>) -> Served {
    Served::start(move |mut client| {
        let answer = answer.clone();
        async move {
            let mut greeting = [0; 2];
            client.read_exact(&mut greeting).await?;
            let mut methods = vec![0; usize::from(greeting[1])];
            client.read_exact(&mut methods).await?;
            client.write_all(&[5, method]).await?;
            let mut next = [0; 512];
            let _ = client.read(&mut next).await?;
            client.write_all(&answer).await
        }
    })
}

/// The proxy's password.
pub const PROXY_PASSWORD: &str = "pr0xy-p4ss-4711";
