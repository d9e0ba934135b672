//! Echo: read until WouldBlock, each piece written at once; what the socket does not take is kept and then nothing more is read.

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};

const LISTENER: Token = Token(usize::MAX);

struct Connection {
    socket: TcpStream,
    rest: Vec<u8>,
}

/// How many bytes the socket took; None when it is broken.
fn write_some(socket: &mut TcpStream, bytes: &[u8]) -> Option<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match socket.write(&bytes[written..]) {
            Ok(n) => written += n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return None,
        }
    }
    Some(written)
}

/// None when the connection is broken or at its end.
fn serve(connection: &mut Connection, bytes: &mut [u8]) -> Option<()> {
    if !connection.rest.is_empty() {
        let written = write_some(&mut connection.socket, &connection.rest)?;
        connection.rest.drain(..written);
    }
    while connection.rest.is_empty() {
        match connection.socket.read(bytes) {
            Ok(0) => return None,
            Ok(n) => {
                let written = write_some(&mut connection.socket, &bytes[..n])?;
                connection.rest.extend_from_slice(&bytes[written..n]);
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => break,
            Err(_) => return None,
        }
    }
    Some(())
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
}

impl Server {
    fn accept(&mut self) {
        while let Ok((mut socket, _)) = self.listener.accept() {
            let at = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut socket, Token(at), interest).expect("register");
            self.connections[at] = Some(Connection { socket, rest: Vec::new() });
        }
    }

    fn close(&mut self, at: usize) {
        self.connections[at] = None;
        self.free.push(at);
    }
}

pub fn main(mut options: lab::Options) {
    let port = options.number("--port", 0, 0, 65_535) as u16;
    options.end();
    let listener = lab::listen(port);
    let poll = Poll::new().expect("poll");
    lab::announce(&listener);
    let mut server = Server { poll, listener: TcpListener::from_std(listener), connections: Vec::new(), free: Vec::new() };
    server.poll.registry().register(&mut server.listener, LISTENER, Interest::READABLE).expect("register");
    let mut events = Events::with_capacity(1024);
    let mut bytes = vec![0; 256 * 1024];
    loop {
        let _ = server.poll.poll(&mut events, None);
        for event in &events {
            if event.token() == LISTENER {
                server.accept();
                continue;
            }
            let at = event.token().0;
            if let Some(connection) = &mut server.connections[at] {
                if (event.is_readable() || !connection.rest.is_empty()) && serve(connection, &mut bytes).is_none() {
                    server.close(at);
                }
            }
        }
    }
}
