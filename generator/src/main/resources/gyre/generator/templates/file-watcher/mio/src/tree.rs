//! The directories that are watched, and what was in them: enough to compare with what is there.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::hash::Hash;
use std::path::{Path, PathBuf};

/// Names a file or directory while it is in the tree, and never another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(u64);

pub const ROOT: Id = Id(0);

enum Kind<W> {
    File,
    Directory { watch: Option<W>, children: BTreeMap<OsString, Id> },
}

struct Node<W> {
    name: OsString,
    parent: Id,
    kind: Kind<W>,
}

/// `W` tells one watch of a directory from another.
pub struct Tree<W> {
    nodes: HashMap<Id, Node<W>>,
    watched: HashMap<W, Id>,
    next: u64,
}

/// What was taken out of the tree.
#[derive(Debug, PartialEq, Eq)]
pub struct Removed<W> {
    pub path: PathBuf,
    pub watch: Option<W>,
}

impl<W: Clone + Eq + Hash> Tree<W> {
    pub fn new() -> Tree<W> {
        let kind = Kind::Directory { watch: None, children: BTreeMap::new() };
        let root = Node { name: OsString::new(), parent: ROOT, kind };
        Tree { nodes: HashMap::from([(ROOT, root)]), watched: HashMap::new(), next: 1 }
    }

    /// Below the root; the root's own is empty.
    pub fn path(&self, id: Id) -> PathBuf {
        let mut names = Vec::new();
        let mut at = id;
        while at != ROOT {
            let node = &self.nodes[&at];
            names.push(Path::new(&node.name));
            at = node.parent;
        }
        names.iter().rev().collect()
    }

    pub fn is_directory(&self, id: Id) -> bool {
        matches!(self.nodes[&id].kind, Kind::Directory { .. })
    }

    /// Empty for a file.
    pub fn children(&self, id: Id) -> Vec<(OsString, Id)> {
        match &self.nodes[&id].kind {
            Kind::File => Vec::new(),
            Kind::Directory { children, .. } => {
                children.iter().map(|(name, &id)| (name.clone(), id)).collect()
            }
        }
    }

    /// Whether it is the other one, or below that.
    pub fn is_within(&self, id: Id, directory: Id) -> bool {
        let mut at = id;
        while at != directory && at != ROOT {
            at = self.nodes[&at].parent;
        }
        at == directory
    }

    pub fn find(&self, parent: Id, name: &OsStr) -> Option<Id> {
        match &self.nodes[&parent].kind {
            Kind::File => None,
            Kind::Directory { children, .. } => children.get(name).copied(),
        }
    }

    pub fn add(&mut self, parent: Id, name: &OsStr, is_directory: bool) -> Id {
        let id = Id(self.next);
        self.next += 1;
        let kind = match is_directory {
            true => Kind::Directory { watch: None, children: BTreeMap::new() },
            false => Kind::File,
        };
        self.nodes.insert(id, Node { name: name.to_os_string(), parent, kind });
        self.link(parent, name, id);
        id
    }

    /// Takes it out with all that is below, children first.
    pub fn remove(&mut self, id: Id) -> Vec<Removed<W>> {
        assert_ne!(id, ROOT);
        let mut removed = Vec::new();
        self.collect(id, &self.path(id), &mut removed);
        self.unlink(id);
        let mut left = vec![id];
        while let Some(at) = left.pop() {
            left.extend(self.children(at).into_iter().map(|(_, child)| child));
            self.nodes.remove(&at);
        }
        for watch in removed.iter().filter_map(|each| each.watch.as_ref()) {
            self.watched.remove(watch);
        }
        removed
    }

    fn collect(&self, id: Id, path: &Path, to: &mut Vec<Removed<W>>) {
        for (name, child) in self.children(id) {
            self.collect(child, &path.join(name), to);
        }
        to.push(Removed { path: path.to_path_buf(), watch: self.watch(id) });
    }

    pub fn rename(&mut self, id: Id, parent: Id, name: &OsStr) {
        self.unlink(id);
        self.link(parent, name, id);
        if let Some(node) = self.nodes.get_mut(&id) {
            node.parent = parent;
            node.name = name.to_os_string();
        }
    }

    fn link(&mut self, parent: Id, name: &OsStr, id: Id) {
        if let Some(Kind::Directory { children, .. }) = self.kind(parent) {
            let before = children.insert(name.to_os_string(), id);
            assert!(before.is_none(), "{name:?} is there already");
        }
    }

    fn unlink(&mut self, id: Id) {
        let Node { name, parent, .. } = &self.nodes[&id];
        let (name, parent) = (name.clone(), *parent);
        if let Some(Kind::Directory { children, .. }) = self.kind(parent) {
            children.remove(&name);
        }
    }

    fn kind(&mut self, id: Id) -> Option<&mut Kind<W>> {
        self.nodes.get_mut(&id).map(|node| &mut node.kind)
    }

    // ---- watches

    pub fn watch(&self, id: Id) -> Option<W> {
        match &self.nodes[&id].kind {
            Kind::File => None,
            Kind::Directory { watch, .. } => watch.clone(),
        }
    }

    pub fn watched_by(&self, watch: &W) -> Option<Id> {
        self.watched.get(watch).copied()
    }

    /// The system gives a directory that is watched already the same watch again.
    pub fn set_watch(&mut self, id: Id, new: W) {
        self.forget_watch(&new);
        if let Some(Kind::Directory { watch, .. }) = self.kind(id) {
            if let Some(old) = watch.replace(new.clone()) {
                self.watched.remove(&old);
            }
            self.watched.insert(new, id);
        }
    }

    pub fn forget_watch(&mut self, old: &W) {
        let Some(id) = self.watched.remove(old) else { return };
        if let Some(Kind::Directory { watch, .. }) = self.kind(id) {
            *watch = None;
        }
    }
}
{{#tests}}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    /// `a/b/c`, of which `a` and `b` are watched as 1 and 2.
    fn tree() -> (Tree<i32>, Id, Id, Id) {
        let mut tree = Tree::new();
        let a = tree.add(ROOT, name("a"), true);
        let b = tree.add(a, name("b"), true);
        let c = tree.add(b, name("c"), false);
        tree.set_watch(a, 1);
        tree.set_watch(b, 2);
        (tree, a, b, c)
    }

    #[test]
    fn should_know_paths_and_watches() {
        let (tree, a, b, c) = tree();
        assert_eq!(tree.path(ROOT), Path::new(""));
        assert_eq!(tree.path(c), Path::new("a/b/c"));
        assert_eq!(tree.find(a, name("b")), Some(b));
        assert_eq!(tree.find(c, name("b")), None);
        assert_eq!((tree.watched_by(&2), tree.watched_by(&3)), (Some(b), None));
    }

    #[test]
    fn should_remove_children_first_and_forget_their_watches() {
        let (mut tree, a, _, _) = tree();
        let removed = tree.remove(a);
        let paths: Vec<_> = removed.iter().map(|each| each.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["a/b/c", "a/b", "a"]);
        assert_eq!(removed.iter().filter_map(|each| each.watch).collect::<Vec<_>>(), [2, 1]);
        assert_eq!((tree.watched_by(&1), tree.watched_by(&2)), (None, None));
        assert!(tree.children(ROOT).is_empty());
        assert_eq!(tree.nodes.len(), 1);
    }

    #[test]
    fn should_move_a_directory_with_all_that_is_below() {
        let (mut tree, _, b, c) = tree();
        tree.rename(b, ROOT, name("z"));
        assert_eq!(tree.path(c), Path::new("z/c"));
        assert_eq!(tree.watched_by(&2), Some(b));
        assert_eq!(tree.find(ROOT, name("z")), Some(b));
    }

    #[test]
    fn should_keep_one_watch_for_each_directory() {
        let (mut tree, a, b, _) = tree();
        tree.set_watch(a, 1);
        assert_eq!(tree.watched_by(&1), Some(a));
        tree.set_watch(b, 3);
        assert_eq!((tree.watched_by(&2), tree.watched_by(&3)), (None, Some(b)));
        tree.set_watch(a, 3);
        assert_eq!((tree.watch(a), tree.watch(b)), (Some(3), None));
        tree.forget_watch(&3);
        assert_eq!((tree.watch(a), tree.watched_by(&3)), (None, None));
    }
}
{{/tests}}
