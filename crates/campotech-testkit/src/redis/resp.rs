//! Just enough of the Redis protocol to send one command and read its answer.

use std::fmt;
use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Text(String),
    Error(String),
    Nil,
    Array(Vec<Self>),
}

/// As text: errors without their mark, elements of an array a line each.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Error(text) => f.write_str(text),
            Self::Nil => f.write_str("(nil)"),
            Self::Array(elements) => {
                for (i, element) in elements.iter().enumerate() {
                    let line = if i == 0 { "" } else { "\n" };
                    write!(f, "{line}{element}")?;
                }
                Ok(())
            }
        }
    }
}

/// Sends one command and reads its answer.
pub(super) async fn call<S>(stream: &mut S, words: &[&str]) -> io::Result<Reply>
where
    S: AsyncBufRead + AsyncWrite + Unpin,
{
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    read(stream).await
}

async fn read<S: AsyncBufRead + Unpin>(stream: &mut S) -> io::Result<Reply> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = line.strip_suffix("\r\n").ok_or_else(|| invalid("a line that was cut"))?;
    let (kind, rest) = line.split_at_checked(1).ok_or_else(|| invalid("an empty line"))?;
    match kind {
        "+" | ":" => Ok(Reply::Text(rest.to_owned())),
        "-" => Ok(Reply::Error(rest.to_owned())),
        "$" | "*" if rest == "-1" => Ok(Reply::Nil),
        "$" => {
            let mut bytes = vec![0; rest.parse::<usize>().map_err(invalid)? + 2];
            stream.read_exact(&mut bytes).await?;
            bytes.truncate(bytes.len() - 2);
            Ok(Reply::Text(String::from_utf8_lossy(&bytes).into_owned()))
        }
        "*" => {
            let mut elements = Vec::new();
            for _ in 0..rest.parse::<usize>().map_err(invalid)? {
                elements.push(Box::pin(read(stream)).await?);
            }
            Ok(Reply::Array(elements))
        }
        _ => Err(invalid(format!("unknown kind of answer: {line}"))),
    }
}

fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_become_text() {
        let read = async |bytes: &str| read(&mut bytes.as_bytes()).await;
        let text = async |bytes: &str| read(bytes).await.unwrap().to_string();
        assert_eq!(text("+OK\r\n").await, "OK");
        assert_eq!(text(":42\r\n").await, "42");
        assert_eq!(text("$4\r\na\r\nb\r\n").await, "a\r\nb");
        assert_eq!(text("$-1\r\n").await, "(nil)");
        assert_eq!(text("*3\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n$1\r\nb\r\n").await, "a\n1\n2\nb");
        assert_eq!(read("-OOM no\r\n").await.unwrap(), Reply::Error("OOM no".to_owned()));
        for cut in ["", "+OK", "$4\r\na", "*2\r\n:1\r\n", "?\r\n", "$x\r\n"] {
            assert!(read(cut).await.is_err(), "{cut:?}");
        }
    }
}
