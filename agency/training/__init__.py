"""The room of learning: quizzes on a brand's guide, and sent replies judged by a lead."""
