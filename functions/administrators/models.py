"""What an operator asks for."""

from pydantic import BaseModel, ConfigDict, Field


class AppointmentRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    email: str = Field(min_length=3, max_length=320)
