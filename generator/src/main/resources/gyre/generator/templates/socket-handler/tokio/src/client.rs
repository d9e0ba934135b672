//! A client that stays connected: a state machine that only SIGTERM ends.

use crate::connection::Connection;
use crate::frames::{self, Decoder, TooLong};
use crate::options::Options;
use crate::pauses::Pauses;
use crate::program::Stops;
use crate::LINE_BYTES_MAX;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Where it stands. Each state has one function, which answers the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Greeting,
    Ready,
    Waiting,
    Ended,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Connecting => "CONNECTING",
            State::Greeting => "GREETING",
            State::Ready => "READY",
            State::Waiting => "WAITING",
            State::Ended => "ENDED",
        })
    }
}

/// The connection to the server.
struct Server {
    connection: Connection,
    decoder: Decoder,
}

impl Server {
    async fn say(&mut self, line: &str) -> io::Result<()> {
        frames::put(&mut self.connection.output, line.as_bytes());
        self.connection.flush().await
    }

    /// Its next line. Cancel safe: what has come of it is kept.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            match self.decoder.next(&mut self.connection.input) {
                Ok(Some(line)) => return Ok(String::from_utf8_lossy(&line).into_owned()),
                Ok(None) => {}
                Err(TooLong) => return Err(fault("the server said a line that is too long")),
            }
            if !self.connection.receive().await? {
                return Err(fault("the server has ended the connection"));
            }
        }
    }
}

struct Client {
    address: SocketAddr,
    options: Options,
    server: Option<Server>, // while there is one
    pauses: Pauses,
    pings: u64,
    problem: String,
}

/// Lives until SIGTERM or SIGINT.
pub async fn run(address: SocketAddr, options: Options) -> io::Result<ExitCode> {
    let mut stops = Stops::new()?;
    let pauses = Pauses::new(options.retry_max);
    let problem = String::new();
    let mut client = Client { address, options, server: None, pauses, pings: 0, problem };
    let mut state = State::Connecting;
    while state != State::Ended {
        say(state);
        state = tokio::select! {
            next = client.step(state) => next,
            _ = stops.next() => State::Ended,
        };
    }
    let code = tokio::select! {
        _ = client.end() => ExitCode::SUCCESS,
        _ = stops.next() => ExitCode::FAILURE, // asked twice
    };
    say(State::Ended);
    Ok(code)
}

impl Client {
    async fn step(&mut self, state: State) -> State {
        let result = match state {
            State::Connecting => self.connect().await,
            State::Greeting => self.greet().await,
            State::Ready => self.beat().await,
            State::Waiting => self.pause().await,
            State::Ended => Ok(State::Ended),
        };
        result.unwrap_or_else(|error| {
            self.problem = error.to_string();
            self.server = None;
            State::Waiting
        })
    }

    async fn connect(&mut self) -> io::Result<State> {
        let address = self.address;
        let stream = timeout(self.options.answer_timeout, TcpStream::connect(address))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|error| fault(format!("connect to {address}: {error}")))?;
        let _ = stream.set_nodelay(true);
        self.server = Some(Server {
            connection: Connection::new(stream, self.options.answer_timeout),
            decoder: Decoder::new(LINE_BYTES_MAX),
        });
        Ok(State::Greeting)
    }

    async fn greet(&mut self) -> io::Result<State> {
        self.ask("hello {{name}}", "welcome").await?;
        self.pauses.reset();
        Ok(State::Ready)
    }

    /// Asks now and then whether the server is there; what comes unasked is read at once.
    async fn beat(&mut self) -> io::Result<State> {
        let heartbeat = self.options.heartbeat;
        tokio::select! {
            _ = sleep(heartbeat) => {}
            line = self.server().line() => {
                return Err(fault(format!("the server said \"{}\" unasked", line?)));
            }
        }
        self.pings += 1;
        let pings = self.pings;
        self.ask(&format!("ping {pings}"), &format!("pong {pings}")).await?;
        Ok(State::Ready)
    }

    async fn pause(&mut self) -> io::Result<State> {
        let pause = self.pauses.next();
        let problem = &self.problem;
        eprintln!("{{name}}: {problem}; connecting again in {} ms", pause.as_millis());
        sleep(pause).await;
        Ok(State::Connecting)
    }

    /// One question; its answer has to come in time.
    async fn ask(&mut self, question: &str, expected: &str) -> io::Result<()> {
        let time = self.options.answer_timeout;
        let server = self.server();
        server.say(question).await?;
        let answer = timeout(time, server.line())
            .await
            .map_err(|_| fault("the server did not answer in time"))??;
        if answer == expected {
            return Ok(());
        }
        Err(fault(format!("the server said \"{answer}\" where \"{expected}\" was due")))
    }

    fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("there is a server in the states that talk to it")
    }

    /// The server may be gone already, and that is all the same now.
    async fn end(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        if server.connection.output.is_empty() {
            // Else it was stopped within a line, and "bye" would look like the rest of that.
            frames::put(&mut server.connection.output, b"bye");
            let _ = timeout(self.options.drain_timeout, server.connection.end()).await;
        }
    }
}

/// It stays connected even if nobody listens any more.
fn say(state: State) {
    let _ = writeln!(io::stdout(), "state {state}");
}

fn fault(text: impl Into<String>) -> io::Error {
    io::Error::other(text.into())
}
