//! What the line editor needs to know of the conversation.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Written by whoever owns the model, read by the input thread.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The people of the room, for completion.
    names: Mutex<Vec<String>>,
    /// Bytes of a text that fits one message; 0 while that is not known.
    text_bytes: AtomicUsize,
}

impl Known {
    pub(super) fn set_names(&self, names: Vec<String>) {
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_text_bytes(&self, bytes: usize) {
        self.text_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes.load(Ordering::Relaxed)
    }
}
