"""A trial's effect in a question: as selected, and as pooled. Analysis scale throughout."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.pools import Effect

CellOfTable = str | int | float | bool | None


class Arm(Record, frozen=True, kw_only=True):
    """One side of a comparison.

    Attributes
    ----------
    arm_id, label : str
    agents : tuple of str
    n, events : int or None
        Patients, and those with the event; None where not printed.
    events_smallest, events_largest : int or None
        Where the printed percentage fits several counts.
    time : float or None
        Person-time, of a user's table.
    mean, sd : float or None
        Of a user's table of means.
    """

    arm_id: str
    label: str
    agents: tuple[str, ...]
    n: int | None
    events: int | None
    events_smallest: int | None = None
    events_largest: int | None = None
    time: float | None = None
    mean: float | None = None
    sd: float | None = None


class LevelArm(Record, frozen=True, kw_only=True):
    """Patients and events of one level of a marker in one arm, None where not printed."""

    n: int | None
    events: int | None


class Derivation(Record, frozen=True, kw_only=True):
    """How an effect follows from what was printed.

    Attributes
    ----------
    rung, formula, reference : str
    inputs : dict of str to str
        The printed numbers.
    se_lower, se_upper : float or None
        What rounding leaves the standard error; None for counts and where it is open.
    """

    rung: str
    formula: str
    reference: str
    inputs: dict[str, str]
    se_lower: float | None
    se_upper: float | None


class Margin(Record, frozen=True, kw_only=True):
    """A margin of non-inferiority or equivalence; either side may be None.

    `level` is that of the two-sided interval which the trial planned to judge by.
    """

    lower: float | None
    upper: float | None
    source: str = ""
    level: float | None = None


class ThirdContrast(Record, frozen=True, kw_only=True):
    """Another comparison of the same report, from which a covariance follows."""

    arms: tuple[str, ...]
    se: float
    row_ids: tuple[str, ...]


class RiskOfBias(Record, frozen=True, kw_only=True):
    """What was judged of a result: domain (``D1`` … ``overall``) to judgement.

    `by` and `when` say who judged and when, `reasons` by domain why; empty where not told.
    """

    tool: str
    judgements: dict[str, str]
    by: str = ""
    when: str = ""
    reasons: dict[str, str] = {}


class LandmarkArm(Record, frozen=True, kw_only=True):
    """Survival of one arm at a landmark; `exposed`: patients since the landmark before."""

    survival: float
    se: float
    exposed: float | None


class Landmark(Record, frozen=True, kw_only=True):
    """Both arms at a landmark, and the log hazard ratio of the interval that ends there."""

    months: float
    experimental: LandmarkArm
    control: LandmarkArm
    log_hr: float | None
    log_hr_se: float | None


class CurvePatients(Record, frozen=True, kw_only=True):
    """Patients of the two arms, None where not printed."""

    experimental: int | None
    control: int | None


class Curve(Record, frozen=True, kw_only=True):
    """What a trial's survival curve says beside the restricted mean.

    Attributes
    ----------
    horizon_months : float
        Up to which the mean is taken.
    log_hr, log_hr_se, ph_p_value : float or None
        Cox model of the whole curve, and its test of proportional hazards.
    survival_difference, survival_difference_se : float or None
        At the horizon.
    patients : CurvePatients
    individual : bool
        Whether individual data were reconstructed in the build.
    landmarks : tuple of Landmark
    """

    horizon_months: int | float
    log_hr: float | None
    log_hr_se: float | None
    ph_p_value: float | None
    survival_difference: float | None
    survival_difference_se: float | None
    patients: CurvePatients
    individual: bool
    landmarks: tuple[Landmark, ...]


class SelectedLevel(Record, frozen=True, kw_only=True):
    """The effect in one level of a marker, as selected.

    Attributes
    ----------
    side : str
        "positive", "negative", or "between" (of a trend).
    marker, level : str
    described : str
        The report's words.
    row_ids : tuple of str
    experimental, control : LevelArm
    estimate, se : float
        Log hazard or odds ratio.
    derivation : Derivation
    score : int, float or None
        Place of the level in a trend.
    is_derived : bool
        Whether the level is what the whole trial leaves beside the other one.
    """

    side: str
    marker: str
    level: str
    described: str
    row_ids: tuple[str, ...]
    experimental: LevelArm
    control: LevelArm
    estimate: float
    se: float
    derivation: Derivation
    score: int | float | None = None
    is_derived: bool = False


class Level(SelectedLevel, frozen=True, kw_only=True):
    """The effect in one level of a marker, with its interval."""

    ci_lower: float
    ci_upper: float


class SelectedTrial(Record, frozen=True, kw_only=True):
    """One effect of a question's selection: a row of input.csv.

    Attributes
    ----------
    row_ids : tuple of str
        The raw rows: one, or one per arm.
    trial_id, label : str
    year : int or None
        Of the report.
    group : str
        Label of its group.
    comparison : str
        What is compared, in words.
    endpoint, source, locator, assessor, maturity, population, definition, extraction : str
        As in the raw tables; `source` is a key of the record's `sources`.
    grade : str
        Of the source: article, registry, abstract, regulatory, release or secondary copy.
    follow_up_months : float or None
        Median, where its report prints it.
    read_at : tuple of str
        Addresses of the pages on which the rows were read.
    estimate, se : float
    experimental, control : Arm
    derivation : Derivation
    margin : Margin or None
    third_contrasts : tuple of ThirdContrast
    flags : tuple of str
        Short texts for a reader.
    curve, levels, risk_of_bias
        Of questions on curves, of questions on levels of a marker, and where a trial is judged.
    """

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    year: int | None
    group: str
    comparison: str
    endpoint: str
    source: str
    locator: str
    assessor: str
    maturity: str
    population: str
    definition: str
    extraction: str
    estimate: float
    se: float
    experimental: Arm
    control: Arm
    derivation: Derivation
    margin: Margin | None
    third_contrasts: tuple[ThirdContrast, ...]
    grade: str = ""
    follow_up_months: float | None = None
    read_at: tuple[str, ...] = ()
    curve: Curve | None = None
    levels: tuple[SelectedLevel, ...] = ()
    risk_of_bias: RiskOfBias | None = None
    flags: tuple[str, ...]


class WeighedTrial(SelectedTrial, frozen=True, kw_only=True):
    """A trial of a result: its interval, and its weight in its group as a fraction.

    `cells` is the row of a trial that a user's table holds, by column; the pipeline has none.
    """

    ci_lower: float | None
    ci_upper: float | None
    weight: float | None
    weight_common: float | None
    cells: dict[str, CellOfTable] = {}


class PrintedEffect(Record, frozen=True, kw_only=True):
    """An estimate with its interval in the digits of the report; `ci_level` empty: not printed."""

    estimate: str
    ci_lower: str
    ci_upper: str
    ci_level: str = ""

    @property
    def texts(self) -> tuple[str, str, str]:
        """Estimate, lower and upper limit."""
        return self.estimate, self.ci_lower, self.ci_upper

    def is_of(self, level: float) -> bool:
        """Whether its interval is of this level (a fraction); 95 % where none is printed."""
        return abs(float(self.ci_level or 95) - 100 * level) < 1e-9


class OwnEffect(Record, frozen=True, kw_only=True):
    """What a trial of a user's table says by itself, where its analysed effect says it worse.

    As printed, percent as fractions: 0 of 25 is 0 with an exact interval from 0 to 0.137, while
    the logit that is pooled stands for half an event.

    Attributes
    ----------
    estimate, ci_lower, ci_upper : float
    method : str
        Of the interval, in words.
    """

    estimate: float
    ci_lower: float
    ci_upper: float
    method: str


class Trial(WeighedTrial, frozen=True, kw_only=True):
    """A trial of a result that compares two sides.

    `printed` is what its report prints, None where the effect was computed from something else:
    `ci_lower` and `ci_upper` are those of the symmetric interval that is analysed.
    `shrunken` is the trial's own true effect by the Bayesian model (posterior median, standard
    deviation, limits); None where that model is not primary. `own` is drawn in place of the
    analysed effect.
    """

    ci_lower: float
    ci_upper: float
    shrunken: Effect | None
    printed: PrintedEffect | None = None
    own: OwnEffect | None = None
