//! Where the wire and the chat meet: one seat per connection, one value out of
//! each round. Pure: connections, lines and the time come in, a [`Batch`]
//! comes out.

pub mod batch;
pub mod fact;

pub use batch::{Batch, Close, Frame, SeatId};
pub use fact::{Departure, Fact};
