//! Handshakes are computed on a few threads for all clients. A handshake needs several pages of
//! stack and leaves freed memory behind, which would stay with each client's own thread for as long
//! as the client does. And however many shake hands at once, few of them compete with the hub's
//! thread.
//!
//! A client's thread hands over what it has read and waits for the answer. So the queue holds one
//! job for each client at most.

use crate::server::outbox::encryption::Received;
use crate::server::outbox::native::NativeOutlet;
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What came of a part of a handshake, and what was said after it.
type Answer = (Result<Received, rustls::Error>, Vec<u8>);

/// Shared by the clients' threads.
#[derive(Debug)]
pub(crate) struct Handshakes {
    jobs: Sender<Option<Job>>,
    workers: usize,
}

/// One of the threads that compute.
#[derive(Debug)]
pub(crate) struct HandshakeWorker(Receiver<Option<Job>>);

#[derive(Debug)]
struct Job {
    outlet: Arc<NativeOutlet>,
    bytes: Vec<u8>,
    answer: Sender<Answer>,
}

/// For so many threads.
pub(crate) fn open(workers: usize) -> (Handshakes, Vec<HandshakeWorker>) {
    let (jobs, waiting) = unbounded();
    (Handshakes { jobs, workers }, (0..workers).map(|_| HandshakeWorker(waiting.clone())).collect())
}

impl Handshakes {
    /// Takes what has come in on this connection, and appends to `plain` what was said by it. None
    /// where the server stops, or a thread panicked over it.
    ///
    /// # Errors
    /// See [`NativeOutlet::receive`].
    #[inline(never)]
    pub(super) fn receive(
        &self,
        outlet: &Arc<NativeOutlet>,
        bytes: &[u8],
        plain: &mut Vec<u8>,
    ) -> Option<Result<Received, rustls::Error>> {
        let (answer, answered) = bounded(1);
        let job = Job { outlet: Arc::clone(outlet), bytes: bytes.to_vec(), answer };
        self.jobs.send(Some(job)).ok()?;
        let (received, said) = answered.recv().ok()?;
        plain.extend_from_slice(&said);
        Some(received)
    }

    /// Ends every [`HandshakeWorker::run`]. Who still waits after that gets no answer.
    pub(crate) fn close(&self) {
        (0..self.workers).for_each(|_| drop(self.jobs.send(None)));
    }
}

impl HandshakeWorker {
    /// The thread's whole life.
    pub(crate) fn run(self) {
        while let Ok(Some(Job { outlet, bytes, answer })) = self.0.recv() {
            let mut plain = Vec::new();
            let received = catch_unwind(AssertUnwindSafe(|| outlet.receive(&bytes, &mut plain)));
            if let Ok(received) = received {
                // The client's thread waits for it.
                let _ = answer.send((received, plain));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::outbox::encryption::tests::{client, server_config, sockets};
    use super::*;
    use std::thread;

    /// A client's thread that still waits when all workers have ended waited for ever.
    #[test]
    fn nobody_waits_for_workers_that_have_ended() {
        let (handshakes, mut workers) = open(1);
        let mut hello = Vec::new();
        client().write_tls(&mut hello).unwrap();
        let outlet = || {
            let outlet = Arc::new(NativeOutlet::new(sockets().0));
            outlet.encrypt(server_config());
            outlet
        };
        thread::scope(|scope| {
            let worker = scope.spawn(|| workers.pop().unwrap().run());
            let received = handshakes.receive(&outlet(), &hello, &mut Vec::new());
            assert_eq!(received, Some(Ok(Received::Handshaking)));
            handshakes.close();
            worker.join().unwrap();
            assert_eq!(handshakes.receive(&outlet(), &hello, &mut Vec::new()), None);
        });
    }
}
