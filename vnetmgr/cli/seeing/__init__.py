"""From the words of doctor, trace and topology to what they show."""
