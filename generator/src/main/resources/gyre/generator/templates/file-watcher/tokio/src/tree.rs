//! What is known to be there, by paths below the directory that is watched, which has the empty
//! path itself.

use inotify::WatchDescriptor;
use std::collections::{BTreeMap, HashMap};
use std::fs::Metadata;
use std::ops::Bound::{Included, Unbounded};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    /// Which one it is, whatever its name: device and inode. None if that changed while it was
    /// looked at.
    Directory(Option<(u64, u64)>),
}

impl Kind {
    pub fn of(metadata: &Metadata) -> Kind {
        if metadata.is_dir() {
            Kind::Directory(Some((metadata.dev(), metadata.ino())))
        } else {
            Kind::File
        }
    }
}

pub struct Entry {
    pub kind: Kind,
    pub watch: Option<WatchDescriptor>,
}

impl Entry {
    pub fn is_directory(&self) -> bool {
        self.kind != Kind::File
    }
}

/// Paths are ordered by their parts, so all that is below a directory follows it.
#[derive(Default)]
pub struct Tree {
    entries: BTreeMap<PathBuf, Entry>,
    watched: HashMap<WatchDescriptor, PathBuf>,
}

impl Tree {
    pub fn get(&self, path: &Path) -> Option<&Entry> {
        self.entries.get(path)
    }

    pub fn add(&mut self, path: PathBuf, kind: Kind) {
        self.entries.insert(path, Entry { kind, watch: None });
    }

    pub fn set_kind(&mut self, path: &Path, kind: Kind) {
        if let Some(entry) = self.entries.get_mut(path) {
            entry.kind = kind;
        }
    }

    /// It and all that is below.
    pub fn subtree<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = (&'a PathBuf, &'a Entry)> {
        self.entries
            .range::<Path, _>((Included(path), Unbounded))
            .take_while(move |(each, _)| each.starts_with(path))
    }

    /// What is in a directory itself.
    pub fn children(&self, directory: &Path) -> Vec<PathBuf> {
        self.subtree(directory)
            .map(|(path, _)| path)
            .filter(|path| path.parent() == Some(directory))
            .cloned()
            .collect()
    }

    /// Takes out a path and all that is below, the deepest first.
    pub fn remove(&mut self, path: &Path) -> Vec<(PathBuf, Entry)> {
        let paths: Vec<PathBuf> = self.subtree(path).map(|(path, _)| path.clone()).collect();
        paths
            .into_iter()
            .rev()
            .filter_map(|path| {
                let entry = self.entries.remove(&path)?;
                if let Some(watch) = &entry.watch {
                    self.watched.remove(watch);
                }
                Some((path, entry))
            })
            .collect()
    }

    /// Gives a path, and so all that is below, another name that is free.
    pub fn rename(&mut self, from: &Path, to: &Path) {
        for (path, entry) in self.remove(from) {
            let below = path.strip_prefix(from).expect("it is below");
            let path: PathBuf = to.components().chain(below.components()).collect();
            if let Some(watch) = &entry.watch {
                self.watched.insert(watch.clone(), path.clone());
            }
            let replaced = self.entries.insert(path, entry);
            debug_assert!(replaced.is_none());
        }
    }

    pub fn by_watch(&self, watch: &WatchDescriptor) -> Option<&PathBuf> {
        self.watched.get(watch)
    }

    /// A directory has one watch, whatever it is called: if it was known by another path, that
    /// one has none any more.
    pub fn set_watch(&mut self, path: &Path, watch: WatchDescriptor) {
        self.forget_watch(&watch);
        if let Some(entry) = self.entries.get_mut(path) {
            entry.watch = Some(watch.clone());
            self.watched.insert(watch, path.to_path_buf());
        }
    }

    pub fn forget_watch(&mut self, watch: &WatchDescriptor) {
        let path = self.watched.remove(watch);
        if let Some(entry) = path.and_then(|path| self.entries.get_mut(&path)) {
            entry.watch = None;
        }
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directories end with a slash, here.
    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for path in paths {
            let kind = if path.ends_with('/') { Kind::Directory(Some((1, 2))) } else { Kind::File };
            tree.add(path.trim_end_matches('/').into(), kind);
        }
        tree
    }

    fn names(tree: &Tree) -> Vec<&str> {
        tree.entries.keys().map(|path| path.to_str().expect("a test has plain names")).collect()
    }

    /// Names that begin alike, or with what is ordered before a slash, are not below.
    #[test]
    fn should_tell_what_is_below_from_what_begins_alike() {
        let tree = tree(&["", "a/", "a/b/", "a/b/c", "a-", "a b", "ab", "b"]);
        let below: Vec<_> = tree.subtree(Path::new("a")).map(|(path, _)| path.clone()).collect();
        assert_eq!(below, ["a", "a/b", "a/b/c"].map(PathBuf::from));
        assert_eq!(tree.children(Path::new("a")), [PathBuf::from("a/b")]);
        assert_eq!(tree.children(Path::new("")), ["a", "a b", "a-", "ab", "b"].map(PathBuf::from));
    }

    #[test]
    fn should_remove_the_deepest_first() {
        let mut tree = tree(&["", "a/", "a/b/", "a/b/c", "a-"]);
        let removed: Vec<_> =
            tree.remove(Path::new("a")).into_iter().map(|(path, _)| path).collect();
        assert_eq!(removed, ["a/b/c", "a/b", "a"].map(PathBuf::from));
        assert_eq!(names(&tree), ["", "a-"]);
    }

    #[test]
    fn should_rename_what_is_below_too() {
        let mut tree = tree(&["", "a/", "a/b/", "a/b/c", "d/"]);
        tree.rename(Path::new("a"), Path::new("d/e"));
        assert_eq!(names(&tree), ["", "d", "d/e", "d/e/b", "d/e/b/c"]);
        assert!(tree.get(Path::new("d/e/b")).is_some_and(Entry::is_directory));
        assert!(!tree.get(Path::new("d/e/b/c")).is_some_and(Entry::is_directory));
    }
}
{{/tests}}
