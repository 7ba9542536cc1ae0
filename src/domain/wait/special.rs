//! The gamma distribution's quantile.
//!
//! Sources: Lanczos 1964 with the coefficients of Godfrey (g = 7, n = 9) for ln Γ; Abramowitz and Stegun 6.5.29
//! (series) and 6.5.31 (continued fraction, by Lentz's method) for the incomplete gamma function, as in Press et al.,
//! "Numerical Recipes", §6.2; start by Wilson and Hilferty 1931, then Newton steps kept inside a bracket.

use super::queueing::Moments;

const LANCZOS: [f64; 8] = [
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];
/// Above this shape the Wilson–Hilferty start is taken as it is: waiting times are shown in whole seconds.
const LARGE_SHAPE: f64 = 500.0;
const PRECISION: f64 = 1e-9;

/// The value that a gamma variable with these moments exceeds with probability 1 − `p`, in seconds.
///
/// `p` is in (0, 1). A mean of zero gives 0, an infinite mean gives infinity, no variance gives the mean.
pub fn gamma_quantile(moments: Moments, p: f64) -> f64 {
    let Moments { mean, variance } = moments;
    if mean.is_nan() || mean <= 0.0 {
        return 0.0;
    }
    if mean.is_infinite() || variance.is_nan() || variance <= 0.0 {
        return mean;
    }
    let shape = mean * mean / variance;
    standard_quantile(shape, p) * (variance / mean)
}

/// The quantile for scale 1.
fn standard_quantile(shape: f64, p: f64) -> f64 {
    let mut x = wilson_hilferty(shape, p);
    if shape > LARGE_SHAPE {
        return x;
    }
    let ln_gamma = ln_gamma(shape);
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    for _ in 0..100 {
        let error = lower_incomplete(shape, x, ln_gamma) - p;
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((shape - 1.0) * x.ln() - x - ln_gamma).exp();
        let mut next = x - error / density;
        if !(next > low && next < high) {
            next = if high.is_finite() { f64::midpoint(low, high) } else { x * 2.0 };
        }
        if (next - x).abs() <= PRECISION * x {
            return next;
        }
        x = next;
    }
    x
}

/// A first guess: the cube root of a gamma variable is nearly normal. Small shapes start from the power law near 0.
fn wilson_hilferty(shape: f64, p: f64) -> f64 {
    let ninth = 1.0 / (9.0 * shape);
    let root = 1.0 - ninth + normal_quantile(p) * ninth.sqrt();
    let guess = shape * root.powi(3);
    if shape > 1.0 && guess > 0.0 { guess } else { (p * (ln_gamma(shape + 1.0)).exp()).powf(1.0 / shape).max(1e-300) }
}

/// The standard normal quantile, within 4.5e-4 (Abramowitz and Stegun 26.2.23): good enough for a start.
///
/// For shapes above [`LARGE_SHAPE`] this error is worth 2e-5 of the result.
fn normal_quantile(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let t = (-2.0 * tail.ln()).sqrt();
    let top = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let bottom = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let magnitude = t - top / bottom;
    if p < 0.5 { -magnitude } else { magnitude }
}

/// ln Γ(x) for x > 0.
fn ln_gamma(x: f64) -> f64 {
    if x < 0.5 {
        // Reflection: Γ(x) Γ(1−x) = π / sin πx.
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let mut sum = 0.999_999_999_999_809_9;
    let mut place = 0.0;
    for coefficient in LANCZOS {
        place += 1.0;
        sum += coefficient / (x + place);
    }
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// P(a, x), the regularized lower incomplete gamma function.
fn lower_incomplete(a: f64, x: f64, ln_gamma_a: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = (a * x.ln() - x - ln_gamma_a).exp();
    if x < a + 1.0 { front * series(a, x) } else { 1.0 - front * continued_fraction(a, x) }
}

fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
    while term > sum * 1e-17 {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    sum
}

fn continued_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut h = d;
    let mut n = 0.0;
    // Converges within a few times √a steps; the bound only guards against a number that is none.
    while n < 10_000.0 {
        n += 1.0;
        let an = -n * (n - a);
        b += 2.0;
        d = 1.0 / nonzero(an * d + b);
        c = nonzero(b + an / c);
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < 1e-300 { 1e-300 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance * expected.abs().max(1e-300), "{got} is not {expected}");
    }

    #[test]
    fn ln_gamma_meets_factorials_and_half_integers() {
        close(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), 1e-13);
        close(ln_gamma(0.1), 2.252_712_651_734_206, 1e-13);
        close(ln_gamma(5.0), 24f64.ln(), 1e-13);
        close(ln_gamma(171.0), (1..=170).map(|n| f64::from(n).ln()).sum(), 1e-13);
    }

    /// Chi-square tables (Abramowitz and Stegun 26.8): a chi-square with k degrees is 2 × gamma(k/2).
    #[test]
    fn quantiles_meet_the_chi_square_tables() {
        for (degrees, p, expected) in [
            (1.0, 0.5, 0.454_936),
            (1.0, 0.9, 2.705_543),
            (2.0, 0.5, 1.386_294),
            (2.0, 0.9, 4.605_170),
            (5.0, 0.9, 9.236_357),
            (10.0, 0.5, 9.341_818),
            (10.0, 0.9, 15.987_179),
            (30.0, 0.1, 20.599_235),
            (100.0, 0.9, 118.498_004),
            (100.0, 0.01, 70.064_895),
        ] {
            close(2.0 * standard_quantile(degrees / 2.0, p), expected, 1e-6);
        }
    }

    #[test]
    fn the_quantile_inverts_the_distribution_for_any_shape() {
        for p in [0.01, 0.1, 0.5, 0.9, 0.999] {
            for shape in [0.05, 0.3, 1.0, 1.7, 9.0, 80.0, 499.5] {
                let x = standard_quantile(shape, p);
                close(lower_incomplete(shape, x, ln_gamma(shape)), p, 1e-8);
            }
            for shape in [501.0, 1234.5, 19_000.0] {
                let at = |x| lower_incomplete(shape, x, ln_gamma(shape));
                let x = standard_quantile(shape, p);
                assert!(at(x * 0.9999) < p && p < at(x * 1.0001), "{x} is more than 0.01 % off");
            }
        }
        let (shape, p): (f64, f64) = (20_001.0, 0.9);
        close(
            standard_quantile(shape, p),
            shape + 1.281_551_6 * shape.sqrt() + (1.281_551_6_f64.powi(2) - 1.0) / 3.0,
            1e-5,
        );
    }

    #[test]
    fn degenerate_moments_have_plain_answers() {
        let at = |mean, variance| gamma_quantile(Moments { mean, variance }, 0.9);
        assert!(at(0.0, 0.0).abs() < f64::EPSILON);
        assert!((at(7.0, 0.0) - 7.0).abs() < f64::EPSILON);
        assert!(at(f64::INFINITY, f64::INFINITY).is_infinite());
        assert!(at(f64::NAN, 1.0).abs() < f64::EPSILON);
    }
}
