//! The echo server of Tokio's tutorial: a task per connection that reads and writes all.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn serve(mut socket: TcpStream) {
    let mut bytes = Vec::with_capacity(64 * 1024); // not cleared, so an idle connection has touched little of it
    loop {
        bytes.clear();
        match socket.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if socket.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}

pub fn main(mut options: lab::Options) {
    let port = options.number("--port", 0, 0, 65_535) as u16;
    options.end();
    let listener = lab::listen(port);
    crate::runtime().block_on(async {
        lab::announce(&listener);
        let listener = TcpListener::from_std(listener).expect("listener");
        loop {
            if let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket));
            }
        }
    });
}
