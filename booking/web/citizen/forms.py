"""Shape and wording of the citizen's forms; the rules themselves are in the domain."""

from datetime import datetime

from flask import request
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectChoice, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired

from booking.clock import parse_utc_minute
from booking.domain.reason_text import ReasonMissing, ReasonTooLong, check_reason
from booking.domain.screening import Answer


class CitizenForm(FlaskForm):
    """A form whose token guards.py has checked already."""

    class Meta:
        """Flask-WTF's settings."""

        csrf = False

        def wrap_formdata(self, form: FlaskForm, formdata: object) -> MultiDict[str, str]:
            """What the page's form sent; Flask-WTF would take JSON for it too, with values that are no texts."""
            return request.form

    def error_list(self, first_ids: dict[str, str]) -> list[tuple[str, str]]:
        """(id of the field to go to, message) for the error summary, in the order of the fields."""
        return [
            (first_ids.get(name, name), str(messages[0]))
            for name, messages in self.errors.items()
            if messages
        ]


class ScreeningForm(CitizenForm):
    """Nei or Ja."""

    answer = RadioField(
        choices=[SelectChoice(Answer.NO.value, _l("Nei")), SelectChoice(Answer.YES.value, _l("Ja"))],
        validators=[InputRequired(_l("Velg én"))],
        validate_choice=True,
    )


class TimeForm(CitizenForm):
    """The start of a free time, as a UTC minute."""

    start = StringField(validators=[InputRequired(_l("Velg et tidspunkt"))])

    def validate_start(self, field: StringField) -> None:
        """Refuse what is no time at all."""
        try:
            parse_utc_minute(field.data or "")
        except ValueError:
            raise ValidationError(_l("Velg et av tidspunktene på siden")) from None

    @property
    def moment(self) -> datetime:
        """The chosen start (UTC) of a valid form."""
        return parse_utc_minute(self.start.data or "")


class ReasonForm(CitizenForm):
    """What it concerns."""

    reason = TextAreaField()
    start = StringField()

    @property
    def shown(self) -> datetime | None:
        """The start (UTC) that stood on the page; None when the form does not say."""
        try:
            return parse_utc_minute(self.start.data or "")
        except ValueError:
            return None

    def validate_reason(self, field: TextAreaField) -> None:
        """Say in words what the domain's rule refuses."""
        try:
            check_reason(field.data or "")
        except ReasonMissing:
            raise ValidationError(_l("Skriv kort hva timen gjelder")) from None
        except ReasonTooLong as error:
            message = ngettext(
                "Teksten er %(num)d tegn for lang", "Teksten er %(num)d tegn for lang", error.over
            )
            raise ValidationError(message) from None
