"""What a model file and a situation file may say: the pydantic models here are the formats' only definition."""
