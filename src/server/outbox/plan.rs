//! What is still to be sent to whom: joined once for all who get the same.
//!
//! What a session gets in its next call is a path in a tree: each node has the bytes
//! of one parcel, which moves its receivers one step down. Since parcels come one after
//! another, a node need only remember the child that the current one made, so a
//! step costs two array look-ups. Sessions at the same node get the same bytes, which
//! are copied together only where others got something between.
//! Sending puts a session back to the root; once all are there, the plan is empty.

use super::backlog::{MemoryLedger, QueuedFrame};
use crate::hub::{Parcel, Recipients, SessionId};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of each kind of memory that are kept when the plan is empty.
const KEPT: usize = 512 * 1024;

/// A node of the tree. A session's node is where its path ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(u32);

const ROOT: NodeId = NodeId(0);

/// Owned by the hub's thread.
#[derive(Debug, Default)]
pub(super) struct SendPlan {
    /// What was appended since the plan was last empty.
    bytes: Vec<u8>,
    /// In so many frames. None leaves before all do.
    pub(super) frames: usize,
    /// Bytes of it that are for more than one session.
    pub(super) shared_bytes: usize,
    /// By session number: where its path ends.
    ends: Vec<NodeId>,
    /// Sessions that are not at the root.
    pending: usize,
    tree: Vec<Node>,
    /// What was joined for the calls of this generation. The number tells a node whether what
    /// it had joined is still there.
    scratch: Vec<u8>,
    generation: u64,
    /// Memory kept from one joining to the next.
    path: Vec<NodeId>,
}

#[derive(Debug)]
struct Node {
    parent: NodeId,
    /// Among the plan's.
    bytes: Range<usize>,
    /// Frames on the way to it, its own among them.
    depth: usize,
    /// Bytes of replies on the way to it, again.
    replies: usize,
    /// The child that was made last, and where its bytes begin.
    last: (usize, NodeId),
    joined: Joined,
    /// The bytes at this node, kept for slow clients.
    waiting: Option<Arc<QueuedFrame>>,
}

/// Where all bytes on the way to a node are, one after another.
#[derive(Debug)]
enum Joined {
    /// On the plan, as they came.
    AsTheyCame(Range<usize>),
    /// In the scratch memory, if it is that generation still; none is number 0.
    Copied(u64, Range<usize>),
}

impl Node {
    fn new(parent: NodeId, bytes: Range<usize>, (depth, replies): (usize, usize), joined: Joined) -> Node {
        Node { parent, bytes, depth, replies, last: (usize::MAX, ROOT), joined, waiting: None }
    }
}

impl SendPlan {
    pub(super) fn new() -> SendPlan {
        let mut plan = SendPlan::default();
        plan.clear();
        plan
    }

    /// Makes a place for a session.
    pub(super) fn add(&mut self, session: SessionId) {
        if session.index() >= self.ends.len() {
            self.ends.resize(session.index() + 1, ROOT);
        }
    }

    /// Appends a parcel to what its receivers get, and names those who got nothing before.
    pub(super) fn append(&mut self, parcel: Parcel<'_>, mut begins: impl FnMut(SessionId)) {
        let Parcel { bytes, frames, to } = parcel;
        debug_assert!(!bytes.is_empty(), "a step in the tree is known by where its bytes begin");
        if to.only().is_none() {
            self.shared_bytes += bytes.len();
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.frames += frames;
        let added = start..self.bytes.len();
        let replies = if matches!(to, Recipients::One(_)) { bytes.len() } else { 0 };
        for session in to.iter() {
            let Some(&path) = self.ends.get(session.index()) else { continue };
            if path == ROOT {
                self.pending += 1;
                begins(session);
            }
            self.ends[session.index()] = self.child(path, &added, (frames, replies));
        }
    }

    fn child(&mut self, path: NodeId, bytes: &Range<usize>, (frames, replies): (usize, usize)) -> NodeId {
        let node = &self.tree[path.0 as usize];
        let (first, child) = node.last;
        if first == bytes.start {
            return child;
        }
        let joined = match &node.joined {
            _ if path == ROOT => Joined::AsTheyCame(bytes.clone()),
            Joined::AsTheyCame(before) if before.end == bytes.start => {
                Joined::AsTheyCame(before.start..bytes.end)
            }
            _ => Joined::Copied(0, 0..0),
        };
        let sums = (node.depth + frames, node.replies + replies);
        let child = NodeId(u32::try_from(self.tree.len()).expect("a plan has fewer than 2^32 nodes"));
        self.tree.push(Node::new(path, bytes.clone(), sums, joined));
        self.tree[path.0 as usize].last = (bytes.start, child);
        child
    }

    /// Takes what a session gets off the plan, for this generation; None where that is nothing.
    pub(super) fn take(&mut self, session: SessionId) -> Option<NodeId> {
        let node = self.reset(session)?;
        self.join(node);
        Some(node)
    }

    /// Puts a session back to the root, and gives its node if that was another one.
    pub(super) fn reset(&mut self, session: SessionId) -> Option<NodeId> {
        let node = std::mem::replace(self.ends.get_mut(session.index())?, ROOT);
        (node != ROOT).then(|| {
            self.pending -= 1;
            node
        })
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.ends.get(session.index()).is_some_and(|&path| path != ROOT)
    }

    /// Frames at a node.
    pub(super) fn depth(&self, node: NodeId) -> usize {
        self.tree[node.0 as usize].depth
    }

    /// Bytes at a node that are replies.
    pub(super) fn replies(&self, node: NodeId) -> usize {
        self.tree[node.0 as usize].replies
    }

    /// The bytes at a node that was taken in this generation.
    pub(super) fn bytes(&self, node: NodeId) -> &[u8] {
        match &self.tree[node.0 as usize].joined {
            Joined::AsTheyCame(range) => &self.bytes[range.clone()],
            Joined::Copied(generation, range) => {
                debug_assert_eq!(*generation, self.generation, "what was joined is not kept for longer");
                &self.scratch[range.clone()]
            }
        }
    }

    /// Sees to it that all bytes on the way from the root to a node are together.
    fn join(&mut self, node: NodeId) {
        let SendPlan { tree, bytes, scratch, path, generation, .. } = self;
        match tree[node.0 as usize].joined {
            Joined::Copied(joined, _) if joined != *generation => {}
            _ => return,
        }
        let upward = std::iter::successors(Some(node), |at| Some(tree[at.0 as usize].parent));
        path.extend(upward.take_while(|&at| at != ROOT));
        let start = scratch.len();
        for at in path.drain(..).rev() {
            scratch.extend_from_slice(&bytes[tree[at.0 as usize].bytes.clone()]);
        }
        tree[node.0 as usize].joined = Joined::Copied(*generation, start..scratch.len());
    }

    /// What is at a node, to be kept.
    pub(super) fn waiting(&mut self, node: NodeId, ledger: &Arc<MemoryLedger>) -> Arc<QueuedFrame> {
        if let Some(waiting) = &self.tree[node.0 as usize].waiting {
            return Arc::clone(waiting);
        }
        let waiting = QueuedFrame::new(self.bytes(node).into(), ledger);
        self.tree[node.0 as usize].waiting = Some(Arc::clone(&waiting));
        waiting
    }

    /// Ends a generation: what was joined for it is dropped. Nodes that were taken must not be
    /// used after this.
    pub(super) fn end_generation(&mut self) {
        self.scratch.clear();
        self.scratch.shrink_to(KEPT);
        self.generation += 1;
        if self.pending == 0 {
            // Otherwise frames that slow clients no longer wait for would be held until the next append.
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        (self.frames, self.shared_bytes) = (0, 0);
        self.tree.clear();
        self.tree.shrink_to(KEPT / size_of::<Node>());
        self.tree.push(Node::new(ROOT, 0..0, (0, 0), Joined::AsTheyCame(0..0)));
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(plan: &mut SendPlan, session: u32) -> Option<String> {
        let node = plan.take(SessionId(session))?;
        let kept = plan.waiting(node, &Arc::default());
        let bytes = plan.bytes(node);
        assert_eq!(kept.bytes(), bytes);
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Sessions that get the same are at the same node.
    #[test]
    fn same_frames_same_node() {
        let mut plan = SendPlan::new();
        (0..4).for_each(|session| plan.add(SessionId(session)));
        let mut begun = Vec::new();
        for (frame, to) in [("a", [0, 1, 2, 3].as_slice()), ("b", &[0, 2]), ("c", &[0, 1, 2, 3])] {
            let to = Recipients::all(to.iter().copied().map(SessionId));
            plan.append(Parcel { bytes: frame.as_bytes(), frames: 1, to: &to }, |session| {
                begun.push(session.0)
            });
        }
        assert_eq!(begun, [0, 1, 2, 3]);
        let leaves: Vec<_> = (0..4).map(|session| plan.take(SessionId(session)).unwrap()).collect();
        assert!(leaves[0] == leaves[2] && leaves[1] == leaves[3] && leaves[0] != leaves[1]);
        let at = |session: usize| (plan.bytes(leaves[session]), plan.depth(leaves[session]));
        assert_eq!((at(0), at(1)), ((&b"abc"[..], 3), (&b"ac"[..], 2)));
        assert_eq!(plan.scratch, b"ac", "the others stand together already, and these are joined once");
        assert_eq!(plan.take(SessionId(0)), None);
        plan.end_generation();
        assert_eq!(plan.frames, 0);
    }

    proptest! {
        /// In whatever order sessions are sent to, each gets each of its frames once, in order.
        #[test]
        fn any_order_gives_each_its_frames(
            steps in prop::collection::vec((
                prop::sample::subsequence(vec![0u32, 1, 2, 3], 0..=4),
                any::<prop::sample::Index>(),
                any::<bool>(),
                prop::collection::vec(0u32..4, 0..3),
            ), 0..30),
        ) {
            let mut plan = SendPlan::new();
            (0..4).for_each(|session| plan.add(SessionId(session)));
            let (mut wanted, mut got) = (vec![String::new(); 4], vec![String::new(); 4]);
            for (number, (to, author, speaks, turns)) in steps.into_iter().enumerate() {
                // One, two or three at once.
                let frames: Vec<String> = (0..=number % 3).map(|part| format!("{number}.{part}\n")).collect();
                let sessions: Arc<[SessionId]> = to.into_iter().map(SessionId).collect();
                let except = (speaks && !sessions.is_empty()).then(|| *author.get(&sessions));
                let to = Recipients::Many { sessions, except };
                to.iter().for_each(|session| wanted[session.index()].push_str(&frames.concat()));
                let (bytes, frames) = (frames.concat(), frames.len());
                plan.append(Parcel { bytes: bytes.as_bytes(), frames, to: &to }, |_| {});
                for session in turns {
                    got[session as usize].extend(text(&mut plan, session));
                }
                plan.end_generation();
            }
            (0..4).for_each(|session| got[session as usize].extend(text(&mut plan, session)));
            plan.end_generation();
            prop_assert_eq!((got, plan.frames), (wanted, 0));
        }
    }
}
