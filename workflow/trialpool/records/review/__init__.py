"""What is told of a review as a whole: judgements in short, the flow of its data, its checklist."""
