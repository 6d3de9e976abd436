-- replay: 42501
COPY company.log TO PROGRAM 'cat'; -- expect: replay
