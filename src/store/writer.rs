//! Group commit: while one batch is being committed the next one gathers, so throughput grows with load and a lone
//! write does not wait.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::{Render, Store, StoreError, Write, WriteRefusal, Written};

/// What is called with the result of one write.
pub type OnDone = Box<dyn FnOnce(Result<Written, StoreError>) + Send>;

/// Sees every committed batch, in commit order, before anybody is answered. Must not block.
pub type OnCommitted = Arc<dyn Fn(&[(Write, Written)]) + Send + Sync>;

/// Says, before each batch, whether webhooks are to be told of it, and how that is written. Must not block.
pub type Telling = Arc<dyn Fn() -> Option<Render> + Send + Sync>;

/// How batches are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterSettings {
    /// Items in one batch.
    pub max_batch: usize,
    /// Items that may wait; the next one is refused.
    pub queue: usize,
}

impl Default for WriterSettings {
    fn default() -> Self {
        Self { max_batch: 256, queue: 16_384 }
    }
}

/// The queue is full: the caller answers "overloaded".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the writer's queue is full")]
pub struct Full;

enum Item {
    Write(Box<Write>, OnDone),
    Drained(oneshot::Sender<()>),
}

/// The way to write. Cheap to clone; the last clone's end lets the writer finish what it has and end.
#[derive(Clone)]
pub struct Writer {
    items: mpsc::Sender<Item>,
    failures: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the writer.
    ///
    /// It runs on a thread of its own: the threads of the engine run actors, and a batch in the making must not wait
    /// for whatever they do at the moment.
    pub fn start(store: Arc<dyn Store>, settings: WriterSettings, on_committed: OnCommitted) -> Self {
        Self::start_telling(store, settings, on_committed, Arc::new(|| None))
    }

    /// The same, with webhooks that are told.
    pub fn start_telling(
        store: Arc<dyn Store>,
        settings: WriterSettings,
        on_committed: OnCommitted,
        telling: Telling,
    ) -> Self {
        let (items, queue) = mpsc::channel(settings.queue);
        let failures = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&failures);
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    runtime.block_on(Batches::new(store, settings, on_committed, telling, counted).run(queue))
                }
                // Every write is answered with an error then, because nobody takes it.
                Err(error) => log::error!(error:display; "the writer could not be started"),
            }
        };
        if let Err(error) = std::thread::Builder::new().name("writer".into()).spawn(run) {
            log::error!(error:display; "the writer could not be started");
        }
        Self { items, failures }
    }

    /// Batches that could not be committed since the start.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Hands a write over. `done` is called with its fate, from the writer's thread.
    ///
    /// # Errors
    /// [`Full`]; `done` is not called then.
    pub fn submit(&self, write: Write, done: OnDone) -> Result<(), Full> {
        self.items.try_send(Item::Write(Box::new(write), done)).map_err(|_| Full)
    }

    /// Hands a write over and waits for its fate.
    ///
    /// # Errors
    /// The store's word; `Aborted` when the queue is full.
    pub async fn write(&self, write: Write) -> Result<Written, StoreError> {
        let (answer, fate) = oneshot::channel();
        // Whoever waited may have given up.
        let done = Box::new(move |result| drop(answer.send(result)));
        self.submit(write, done).map_err(|full| StoreError::Aborted(full.to_string()))?;
        fate.await.unwrap_or_else(|_| Err(StoreError::OutcomeUnknown("the writer has ended".into())))
    }

    /// Ends once everything handed over before is durable and answered.
    pub async fn drain(&self) {
        let (drained, done) = oneshot::channel();
        if self.items.send(Item::Drained(drained)).await.is_ok() {
            // An error means that the writer has ended, which is drained as well.
            let _ = done.await;
        }
    }
}

struct Batches {
    store: Arc<dyn Store>,
    settings: WriterSettings,
    on_committed: OnCommitted,
    telling: Telling,
    /// Lineages of which a transaction failed: what was decided after it never came to be.
    fenced: HashSet<u64>,
    failures: Arc<AtomicU64>,
}

type Taken = (Write, OnDone);

impl Batches {
    fn new(
        store: Arc<dyn Store>,
        settings: WriterSettings,
        on_committed: OnCommitted,
        telling: Telling,
        failures: Arc<AtomicU64>,
    ) -> Self {
        Self { store, settings, on_committed, telling, fenced: HashSet::new(), failures }
    }

    async fn run(mut self, mut queue: mpsc::Receiver<Item>) {
        let mut gathered = Vec::with_capacity(self.settings.max_batch);
        // What came while the last batch was committed is the next batch; nobody waits for more.
        while queue.recv_many(&mut gathered, self.settings.max_batch).await > 0 {
            let mut batch: Vec<Taken> = Vec::with_capacity(gathered.len());
            let mut drained = Vec::new();
            for item in gathered.drain(..) {
                match item {
                    Item::Write(write, done) => batch.push((*write, done)),
                    Item::Drained(answer) => drained.push(answer),
                }
            }
            self.commit(batch).await;
            for answer in drained {
                // Whoever waited has given up.
                let _ = answer.send(());
            }
        }
    }

    async fn commit(&mut self, batch: Vec<Taken>) {
        let (batch, refused): (Vec<Taken>, Vec<Taken>) =
            batch.into_iter().partition(|(write, _)| !self.is_fenced(write));
        for (_, done) in refused {
            done(Ok(Written::Refused(WriteRefusal::Conflict)));
        }
        if batch.is_empty() {
            return;
        }
        let (writes, waiting): (Vec<Write>, Vec<OnDone>) = batch.into_iter().unzip();
        match self.store_batch(&writes).await {
            Ok(written) => self.committed(writes, written, waiting),
            // One item may be the fault: each gets a commit of its own, so that the others do not suffer. When the
            // database itself is away (`Busy`), none is: it is not asked again for every item.
            Err(StoreError::Aborted(_)) if writes.len() > 1 => self.one_by_one(writes, waiting).await,
            Err(error) => self.failed(&writes, waiting, &error),
        }
    }

    async fn store_batch(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        match (self.telling)() {
            Some(render) => self.store.commit_telling(writes, render).await,
            None => self.store.commit(writes).await,
        }
    }

    async fn one_by_one(&mut self, writes: Vec<Write>, waiting: Vec<OnDone>) {
        let mut broken = None;
        for (write, done) in writes.into_iter().zip(waiting) {
            if self.is_fenced(&write) {
                done(Ok(Written::Refused(WriteRefusal::Conflict)));
                continue;
            }
            let writes = vec![write];
            // When the database itself is away, it is not asked again for every item.
            let result = match &broken {
                Some(error) => Err(StoreError::clone(error)),
                None => self.store_batch(&writes).await,
            };
            match result {
                Ok(written) => self.committed(writes, written, vec![done]),
                Err(error) => {
                    if broken.is_none() && (matches!(error, StoreError::Busy(_)) || self.store.ping().await.is_err()) {
                        broken = Some(error.clone());
                    }
                    self.failed(&writes, vec![done], &error);
                }
            }
        }
    }

    fn is_fenced(&self, write: &Write) -> bool {
        matches!(write, Write::Apply(transaction) if self.fenced.contains(&transaction.lineage))
    }

    fn fence(&mut self, write: &Write) {
        if let Write::Apply(transaction) = write {
            self.fenced.insert(transaction.lineage);
        }
    }

    fn committed(&mut self, writes: Vec<Write>, written: Vec<Written>, waiting: Vec<OnDone>) {
        let done: Vec<(Write, Written)> = writes.into_iter().zip(written).collect();
        for (write, written) in &done {
            if matches!(written, Written::Refused(_)) {
                self.fence(write);
            }
        }
        (self.on_committed)(&done);
        for ((_, written), answer) in done.into_iter().zip(waiting) {
            answer(Ok(written));
        }
    }

    fn failed(&mut self, writes: &[Write], waiting: Vec<OnDone>, error: &StoreError) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        log::error!(error:display, "batch.items" = writes.len(); "a batch was not committed");
        for write in writes {
            self.fence(write);
        }
        for answer in waiting {
            answer(Err(error.clone()));
        }
    }
}
