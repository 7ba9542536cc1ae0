//! What a file is, by its bytes and not by what it says of itself.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::config::Attachments;

/// Memory that the unpacking of one image may take for each of its pixels, and for itself.
const BYTES_A_PIXEL: u64 = 4;
const ITSELF: u64 = 16 * 1024 * 1024;
/// Quality of small pictures without transparency, of 100.
const QUALITY: u8 = 80;

/// A file that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What it is.
    pub media_type: String,
    /// An image's width and height, pixels, as it is shown.
    pub size: Option<(u32, u32)>,
    /// Its small picture, as PNG or JPEG.
    pub thumbnail: Option<Vec<u8>>,
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Larger than allowed.
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    /// Of a kind that is not allowed.
    #[error("files of this kind are not taken")]
    Kind,
    /// Not what it says it is.
    #[error("the file is not what it says it is")]
    Mismatch,
    /// An image that is broken or too large to be unpacked.
    #[error("the picture is broken or has too many pixels")]
    Image,
}

/// Judges a file by its bytes.
///
/// # Errors
/// Why it is not taken.
pub fn judge(bytes: &[u8], declared: &str, settings: &Attachments) -> Result<Judged, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.len() > settings.max_bytes {
        return Err(Refusal::TooLarge(settings.max_bytes));
    }
    let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let declared = if declared == "image/jpg" { "image/jpeg".to_owned() } else { declared };
    if !settings.types.contains(&declared) {
        return Err(Refusal::Kind);
    }
    let found = infer::get(bytes).map(|kind| kind.mime_type());
    let fits = match found {
        Some(found) => found == declared,
        // Text has no mark of its own.
        None => declared.starts_with("text/") && is_text(bytes),
    };
    if !fits {
        return Err(Refusal::Mismatch);
    }
    let (size, thumbnail) = match format_of(&declared) {
        Some(format) => {
            let (size, small) = unpack(bytes, format, settings)?;
            (Some(size), Some(small))
        }
        None => (None, None),
    };
    Ok(Judged { media_type: declared, size, thumbnail })
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')))
}

fn format_of(media_type: &str) -> Option<ImageFormat> {
    match media_type {
        "image/png" => Some(ImageFormat::Png),
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// An image's size is looked at before anything is unpacked, and the unpacking has a bound in memory.
fn unpack(bytes: &[u8], format: ImageFormat, settings: &Attachments) -> Result<((u32, u32), Vec<u8>), Refusal> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(settings.image_pixels.saturating_mul(BYTES_A_PIXEL).saturating_add(ITSELF));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Refusal::Image)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > settings.image_pixels {
        return Err(Refusal::Image);
    }
    let turned = decoder.orientation().map_err(|_| Refusal::Image)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| Refusal::Image)?;
    image.apply_orientation(turned);
    let size = (image.width(), image.height());
    let most = settings.thumbnail_px;
    let small = if size.0 > most || size.1 > most { image.thumbnail(most, most) } else { image };
    let mut written = Cursor::new(Vec::new());
    let done = if small.color().has_alpha() {
        DynamicImage::from(small.to_rgba8()).write_to(&mut written, ImageFormat::Png)
    } else {
        DynamicImage::from(small.to_rgb8()).write_with_encoder(JpegEncoder::new_with_quality(&mut written, QUALITY))
    };
    done.map_err(|_| Refusal::Image)?;
    Ok((size, written.into_inner()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut written = Cursor::new(Vec::new());
        DynamicImage::new_rgba8(width, height).write_to(&mut written, ImageFormat::Png).unwrap();
        written.into_inner()
    }

    fn settings() -> Attachments {
        Attachments { max_bytes: 100_000, image_pixels: 1_000_000, ..Attachments::default() }
    }

    #[test]
    fn an_image_is_known_by_its_bytes_and_gets_a_small_picture() {
        let judged = judge(&png(800, 400), "Image/PNG; x=y", &settings()).unwrap();
        assert_eq!((judged.media_type.as_str(), judged.size), ("image/png", Some((800, 400))));
        let small = image::load_from_memory(&judged.thumbnail.unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (320, 160));
    }

    #[test]
    fn what_is_not_what_it_says_is_refused() {
        let settings = settings();
        for (bytes, declared, why) in [
            (png(2, 2), "image/jpeg", Refusal::Mismatch),
            (png(2, 2), "text/plain", Refusal::Mismatch),
            (png(2, 2), "image/svg+xml", Refusal::Kind),
            (b"<html><script>alert(1)</script>".to_vec(), "text/html", Refusal::Kind),
            (b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), "text/plain", Refusal::Mismatch),
            (b"MZ\x90\x00".to_vec(), "text/plain", Refusal::Mismatch),
            (b"\xff\xfe\x00 not text".to_vec(), "text/plain", Refusal::Mismatch),
            (b"just words".to_vec(), "application/pdf", Refusal::Mismatch),
            (Vec::new(), "text/plain", Refusal::Empty),
            (vec![b'a'; 100_001], "text/plain", Refusal::TooLarge(100_000)),
        ] {
            assert_eq!(judge(&bytes, declared, &settings), Err(why), "{declared}");
        }
        assert_eq!(judge("größer\n".as_bytes(), "text/plain; charset=utf-8", &settings).unwrap().size, None);
        assert!(judge(b"%PDF-1.7\n", "application/pdf", &settings).is_ok());
    }

    #[test]
    fn a_bomb_is_refused_by_its_head() {
        // A head that promises 50,000 x 50,000 pixels, and little behind it.
        let mut bomb = png(2, 2);
        bomb.splice(16..24, [0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
        assert_eq!(judge(&bomb, "image/png", &settings()), Err(Refusal::Image));
        let mut broken = png(20, 20);
        broken.truncate(60);
        assert_eq!(judge(&broken, "image/png", &settings()), Err(Refusal::Image));
    }
}
