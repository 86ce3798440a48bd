"""Small shared widgets. They show what they are given and know no view-model."""
