//! Files beside messages: what they are, whether they may be kept, where their bytes lie.
//!
//! The only user of `object_store`, `image` and `infer`.

mod judge;

pub use judge::{Judged, Refusal, judge};

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::sync::{OnceCell, Semaphore};

use crate::config::{Attachments, FilePlace};

/// Images that are unpacked at the same time: each may take much memory.
const AT_ONCE: usize = 2;
/// A bucket that does not answer is not asked again after this.
const GIVES_UP: Duration = Duration::from_secs(15);

/// Why the bytes could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There are none of this name.
    #[error("no such file")]
    NotThere,
    /// The place where they lie does not answer.
    #[error("the files are not to be had: {0}")]
    Failed(String),
}

impl From<object_store::Error> for FilesError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotThere,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Where files lie. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    place: Place,
    settings: Attachments,
    unpacking: Arc<Semaphore>,
}

#[derive(Clone)]
enum Place {
    /// A folder, made with the first file.
    Folder(PathBuf, Arc<OnceCell<Arc<dyn ObjectStore>>>),
    /// A bucket of S3.
    Bucket(Arc<dyn ObjectStore>),
}

/// The bucket that the settings name.
fn bucket(settings: &Attachments) -> Result<Arc<dyn ObjectStore>, FilesError> {
    // Somebody waits for the answer.
    let patience = RetryConfig { max_retries: 2, retry_timeout: GIVES_UP, ..RetryConfig::default() };
    // With a key of the settings nothing of the environment is mixed in: a session's token there belongs to another key.
    let found = match (&settings.s3_access_key_id, &settings.s3_secret_access_key) {
        (Some(id), Some(key)) => {
            AmazonS3Builder::new().with_access_key_id(id.expose()).with_secret_access_key(key.expose())
        }
        _ => AmazonS3Builder::from_env(),
    };
    let mut builder = found.with_region(&settings.s3_region).with_retry(patience);
    if let Some(name) = &settings.s3_bucket {
        builder = builder.with_bucket_name(name);
    }
    if let Some(endpoint) = &settings.s3_endpoint {
        let unsafe_too = endpoint.starts_with("http://");
        builder = builder
            .with_endpoint(endpoint)
            .with_virtual_hosted_style_request(false)
            .with_client_options(ClientOptions::new().with_allow_http(unsafe_too));
    }
    let bucket = builder.build()?;
    Ok(match &settings.s3_prefix {
        Some(prefix) => Arc::new(PrefixStore::new(bucket, prefix.as_str())),
        None => Arc::new(bucket),
    })
}

/// The bytes of a file, or of its small picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The file itself.
    Whole,
    /// The small picture.
    Thumbnail,
}

impl Part {
    /// As it is named in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "file",
            Self::Thumbnail => "thumbnail",
        }
    }
}

impl Files {
    /// Where the settings say. Nothing is asked of the place before the first file.
    ///
    /// # Errors
    /// [`FilesError::Failed`], when no bucket can be reached in this way.
    pub fn new(settings: Attachments) -> Result<Self, FilesError> {
        let place = match settings.place {
            FilePlace::Folder => Place::Folder(PathBuf::from(&settings.path), Arc::default()),
            FilePlace::S3 => Place::Bucket(bucket(&settings)?),
        };
        Ok(Self { place, settings, unpacking: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// What is taken.
    pub fn settings(&self) -> &Attachments {
        &self.settings
    }

    /// Looks at a file: what it is, how large an image, its small picture. Blocks while an image is unpacked; call it
    /// where that does no harm, with the permit of [`Self::turn`].
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn judge(&self, bytes: &[u8], declared: &str) -> Result<Judged, Refusal> {
        judge(bytes, declared, &self.settings)
    }

    /// The turn to unpack an image. Nobody has it for longer than one image takes.
    pub async fn turn(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.unpacking).acquire_owned().await.ok()
    }

    /// Keeps bytes.
    ///
    /// # Errors
    /// [`FilesError::Failed`].
    pub async fn put(&self, id: &str, part: Part, bytes: Bytes) -> Result<(), FilesError> {
        // A bucket that is gone is "not found" as well.
        let put = self.store().await?.put(&name(id, part), bytes.into()).await;
        put.map(drop).map_err(|error| FilesError::Failed(error.to_string()))
    }

    /// Finds bytes.
    ///
    /// # Errors
    /// [`FilesError`].
    pub async fn get(&self, id: &str, part: Part) -> Result<Bytes, FilesError> {
        Ok(self.store().await?.get(&name(id, part)).await?.bytes().await?)
    }

    /// Forgets a file and its small picture; what is not there is gone already.
    ///
    /// # Errors
    /// [`FilesError::Failed`].
    pub async fn delete(&self, id: &str) -> Result<(), FilesError> {
        for part in [Part::Whole, Part::Thumbnail] {
            match self.store().await?.delete(&name(id, part)).await.map_err(FilesError::from) {
                Ok(()) | Err(FilesError::NotThere) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn store(&self) -> Result<Arc<dyn ObjectStore>, FilesError> {
        let (folder, cell) = match &self.place {
            Place::Bucket(store) => return Ok(Arc::clone(store)),
            Place::Folder(folder, cell) => (folder, cell),
        };
        let open = || async {
            std::fs::create_dir_all(folder)
                .map_err(|error| FilesError::Failed(format!("{}: {error}", folder.display())))?;
            let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
            Ok::<Arc<dyn ObjectStore>, FilesError>(Arc::new(store))
        };
        cell.get_or_try_init(open).await.map(Arc::clone)
    }
}

/// Ids are ours, `UUIDv7`; their last digits spread files over folders.
fn name(id: &str, part: Part) -> Path {
    let tail = id.get(id.len().saturating_sub(2)..).unwrap_or("xx");
    Path::from(format!("{tail}/{id}.{}", part.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_come_back_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/files").to_str().unwrap().to_owned();
        let files = Files::new(Attachments { path, ..Attachments::default() }).unwrap();
        let id = "0199e7d0-0001-7000-8000-00000000c001";
        assert!(matches!(files.get(id, Part::Whole).await, Err(FilesError::NotThere)));
        files.put(id, Part::Whole, Bytes::from_static(b"abc")).await.unwrap();
        assert_eq!(files.get(id, Part::Whole).await.unwrap(), b"abc"[..]);
        files.delete(id).await.unwrap();
        files.delete(id).await.unwrap();
        assert!(matches!(files.get(id, Part::Whole).await, Err(FilesError::NotThere)));
    }

    #[tokio::test]
    async fn no_name_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("files");
        let path = inner.to_str().unwrap().to_owned();
        let files = Files::new(Attachments { path, ..Attachments::default() }).unwrap();
        files.put("../../escaped", Part::Whole, Bytes::from_static(b"abc")).await.unwrap();
        let outside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(outside, [inner]);
    }
}
