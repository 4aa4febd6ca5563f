//! A TCP client that sends what a test says, byte for byte.

use std::io;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpSocket, TcpStream};

/// A connection that knows just enough HTTP/1.1 to read an answer.
#[derive(Debug)]
pub struct RawConnection(BufStream<TcpStream>);

/// An answer as it was read.
#[derive(Debug, Clone)]
pub struct RawResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers, in their order.
    pub headers: HeaderMap,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl RawConnection {
    /// Connects to `addr`.
    ///
    /// # Errors
    /// What the socket says.
    pub async fn open(addr: SocketAddr) -> io::Result<Self> {
        Ok(Self(BufStream::new(TcpStream::connect(addr).await?)))
    }

    /// Connects to `addr` from the local address `from`, such as 127.0.0.7.
    ///
    /// # Errors
    /// What the socket says.
    pub async fn open_from(from: IpAddr, addr: SocketAddr) -> io::Result<Self> {
        let socket = if from.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.bind(SocketAddr::new(from, 0))?;
        Ok(Self(BufStream::new(socket.connect(addr).await?)))
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// What the socket says.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.write_all(bytes.as_ref()).await?;
        self.0.flush().await
    }

    /// Reads one answer: its head, and the body by its length, chunks, or the connection's end.
    ///
    /// # Errors
    /// `UnexpectedEof` where the connection ended first; `InvalidData` where it isn't HTTP.
    pub async fn receive(&mut self) -> io::Result<RawResponse> {
        let (status, headers) = self.head().await?;
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let mut body = Vec::new();
        if status.is_informational() || status == 204 || status == 304 {
            // No body.
        } else if text("transfer-encoding") == "chunked" {
            loop {
                let line = self.line().await?;
                let size = usize::from_str_radix(line.split(';').next().unwrap_or("").trim(), 16)
                    .map_err(invalid)?;
                let start = body.len();
                body.resize(start + size, 0);
                self.0.read_exact(&mut body[start..]).await?;
                while !self.line().await?.is_empty() {}
                if size == 0 {
                    break;
                }
            }
        } else if let Ok(length) = text("content-length").parse::<usize>() {
            body.resize(length, 0);
            self.0.read_exact(&mut body).await?;
        } else {
            self.0.read_to_end(&mut body).await?;
        }
        Ok(RawResponse { status, headers, body })
    }

    /// Reads an answer's head only, as for `HEAD`.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub async fn head(&mut self) -> io::Result<(StatusCode, HeaderMap)> {
        let line = self.line().await?;
        let status = line.split(' ').nth(1).unwrap_or("").parse().map_err(invalid)?;
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok((status, headers));
            }
            let (name, value) = line.split_once(':').ok_or_else(|| invalid("a header without a colon"))?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(invalid)?;
            headers.append(name, HeaderValue::from_str(value.trim()).map_err(invalid)?);
        }
    }

    /// Reads until the other side closes; what it sent before that.
    ///
    /// # Errors
    /// What the socket says; a reset is an error.
    pub async fn read_to_close(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).await?;
        Ok(rest)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.0.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while line.last().is_some_and(u8::is_ascii_whitespace) {
            line.pop();
        }
        String::from_utf8(line).map_err(invalid)
    }
}

impl RawResponse {
    /// The body as text, lossy.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
