//! Socket.IO from outside: seed 002's conversation, and the protocols below it.

mod chat;




