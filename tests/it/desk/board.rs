//! Statistics, alerts, announcements, the audit log, what admins do to agents.
