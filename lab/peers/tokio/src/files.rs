//! `tokio::fs`: each call goes to a thread of its pool and comes back to the task. It has no read at an offset, so random reads take what
//! its documentation leads to, `spawn_blocking`.

use lab::{Files, FilesPeer, REPLACED_BYTES};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio::task::{spawn_blocking, spawn_local, LocalSet};

struct Peer {
    runtime: Runtime,
    stream: Option<fs::File>,
}

async fn read_at_random(files: Rc<Files>) {
    let mut buffer = vec![0; files.piece];
    while let Some(offset) = files.next() {
        let (file, mut lent) = (files.file.clone(), buffer);
        let read = spawn_blocking(move || {
            let outcome = file.read_at(&mut lent, offset);
            (lent, outcome)
        });
        let (back, outcome) = read.await.expect("a read");
        buffer = back;
        match outcome {
            Ok(count) => files.check(&buffer[..count], offset),
            Err(_) => files.error(),
        }
    }
}

async fn read_through(files: &Files, stream: &mut fs::File) {
    let mut buffer = vec![0; files.piece];
    while let Some(offset) = files.next() {
        if offset == 0 && stream.rewind().await.is_err() {
            files.error();
        }
        match stream.read_exact(&mut buffer).await {
            Ok(count) => files.check(&buffer[..count], offset),
            Err(_) => files.error(),
        }
    }
}

async fn replace(directory: &Path, temporary: &Path, name: &Path) -> io::Result<()> {
    let beside = fs::File::open(directory).await?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(temporary).await?;
    file.write_all(&[0; REPLACED_BYTES]).await?;
    file.sync_all().await?;
    drop(file);
    fs::rename(temporary, name).await?;
    beside.sync_all().await
}

impl FilesPeer for Peer {
    fn read(&mut self, files: &Rc<Files>) {
        if !files.is_random {
            let stream = self.stream.get_or_insert_with(|| {
                let path = files.directory.join("gyre-lab-files-1024");
                fs::File::from_std(OpenOptions::new().read(true).open(path).expect("the file is there"))
            });
            return self.runtime.block_on(read_through(files, stream));
        }
        LocalSet::new().block_on(&self.runtime, async {
            let tasks: Vec<_> = (0..files.depth).map(|_| spawn_local(read_at_random(files.clone()))).collect();
            for task in tasks {
                task.await.expect("a task");
            }
        });
    }

    fn replace(&mut self, files: &Rc<Files>) {
        let name = files.directory.join(format!("gyre-lab-replaced-{}", std::process::id()));
        let temporary = name.with_extension("tmp");
        for _ in 0..files.ops {
            if self.runtime.block_on(replace(&files.directory, &temporary, &name)).is_err() {
                files.error();
            }
        }
        let _ = std::fs::remove_file(&name);
    }
}

pub fn main(options: lab::Options) {
    lab::files_main(options, Peer { runtime: crate::runtime(), stream: None });
}
