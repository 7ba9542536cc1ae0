//! `[auth]`: who is who. See `crate::auth` for what is done with it.

use super::{Kind, Secret, section};

section! {
    /// `[auth]`.
    pub struct Auth in "auth" {
        /// Signs and checks HS256 tokens. None = made at first start and kept in `jwt_secret_path`.
        jwt_secret: Option<Secret> = None, Kind::Secret(8);
        /// Where the secret made at first start is kept, mode 0600. Used only without `jwt_secret`.
        jwt_secret_path: String = "data/jwt-secret".to_owned(), Kind::Path;
        /// A PEM file with the RSA or Ed25519 public key of a host application that signs tokens itself.
        public_key_path: Option<String> = None, Kind::Path;
        /// A JWKS file (RFC 7517) with public keys of a host application.
        jwks_path: Option<String> = None, Kind::Path;
        /// What `X-Internal-Secret` must hold. None = the calls that need it do not exist.
        internal_secret: Option<Secret> = None, Kind::Secret(8);
        /// The administrator's e-mail address at first start; none = `admin@localhost`.
        admin_email: Option<String> = None, Kind::Email;
        /// The administrator's password at first start; none = a random one, printed once.
        admin_password: Option<Secret> = None, Kind::Secret(8);
        /// How long a login's access token lives, seconds.
        access_token_ttl_s: u64 = 3_600, Kind::Int(5, 31_536_000);
        /// How long a refresh token lives, seconds.
        refresh_token_ttl_s: u64 = 2_592_000, Kind::Int(60, 31_536_000);
        /// How long a visitor's token lives, seconds.
        visitor_token_ttl_s: u64 = 2_592_000, Kind::Int(60, 31_536_000);
        /// How long before the end of its token a socket is told, milliseconds.
        expiry_notice_ms: u64 = 60_000, Kind::Int(0, 3_600_000);
    }
}
